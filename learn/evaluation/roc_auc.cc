#include "learn/evaluation/roc_auc.h"

#include <algorithm>

namespace silhouette {

RocAuc::RocAuc(const Predictions& predictions, size_t positive) {
  if (predictions.classes == 2) {
    rankings_.push_back(Rank(predictions, positive));
    return;
  }
  for (size_t c = 0; c < predictions.classes; ++c) rankings_.push_back(Rank(predictions, c));
}

RocAuc::Ranking RocAuc::Rank(const Predictions& predictions, size_t of_class) {
  const auto probability = [&](const Ranked& ranked) {
    return predictions.probabilities[ranked.row * predictions.classes + of_class];
  };
  Ranking ranking(predictions.rows());
  for (size_t i = 0; i < ranking.size(); ++i) {
    ranking[i].row = i;
    ranking[i].of_class = predictions.truth[i] == of_class;
  }
  std::sort(ranking.begin(), ranking.end(),
            [&](const Ranked& a, const Ranked& b) { return probability(a) < probability(b); });
  for (size_t i = 0; i < ranking.size(); ++i) {
    ranking[i].ends_tie =
        i + 1 == ranking.size() || probability(ranking[i]) != probability(ranking[i + 1]);
  }
  return ranking;
}

// The share of pairs, one row of the class and one of the rest, of which the former is likelier; a
// tie counts half. Counted in halves, so that all sums are whole.
std::optional<double> RocAuc::AreaOf(const Ranking& ranking, std::span<const uint32_t> times) {
  uint64_t halves = 0;
  uint64_t of_class = 0;
  uint64_t rest = 0;           // below the tie at hand
  uint64_t tied_of_class = 0;  // in the tie at hand, as below
  uint64_t tied_rest = 0;
  for (const Ranked& ranked : ranking) {
    (ranked.of_class ? tied_of_class : tied_rest) += times[ranked.row];
    if (!ranked.ends_tie) continue;
    halves += tied_of_class * (2 * rest + tied_rest);
    of_class += tied_of_class;
    rest += tied_rest;
    tied_of_class = tied_rest = 0;
  }
  if (of_class == 0 || rest == 0) return std::nullopt;
  return static_cast<double>(halves) / 2 / static_cast<double>(of_class * rest);
}

std::optional<double> RocAuc::Of(std::span<const uint32_t> times) const {
  double sum = 0;
  for (const Ranking& ranking : rankings_) {
    const std::optional<double> area = AreaOf(ranking, times);
    if (!area.has_value()) return std::nullopt;
    sum += *area;
  }
  return sum / static_cast<double>(rankings_.size());
}

}  // namespace silhouette
