#include "learn/models/parameter_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

// Rounds without a lower loss after which none is expected.
constexpr int kPatience = 60;

// The training parts of all folds that can be used, grown side by side.
class CrossValidation {
 public:
  static absl::StatusOr<CrossValidation> Begin(const Dataset& data, const Split& inner,
                                               const TrainerParameters& parameters) {
    CrossValidation begun;
    for (const Fold& fold : inner.folds) {
      if (fold.test.empty()) continue;
      auto training = HeldOutTraining::Begin(data, Thinned(fold.training, kSearchedRows),
                                             Thinned(fold.test, kSearchedRows), parameters);
      if (absl::IsInvalidArgument(training.status())) continue;  // a class is missing
      if (!training.ok()) return training.status();
      begun.folds_.push_back(*std::move(training));
    }
    return begun;
  }

  bool empty() const { return folds_.empty(); }

  // One more round; the mean log loss of each fold's left-out rows after it.
  absl::StatusOr<std::vector<double>> Grow() {
    std::vector<double> losses;
    for (HeldOutTraining& fold : folds_) {
      const absl::StatusOr<double> loss = fold.Grow();
      if (!loss.ok()) return loss.status();
      losses.push_back(*loss);
    }
    return losses;
  }

 private:
  std::vector<HeldOutTraining> folds_;
};

double Mean(std::span<const double> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return sum / static_cast<double>(values.size());
}

struct Candidate {
  int depth = 0;
  int rounds = 0;
  std::vector<double> losses;  // by fold
};

// The round with the least mean loss; no rounds where no fold can be used.
absl::StatusOr<Candidate> FindBestRound(const Dataset& data, const Split& inner,
                                        const TrainerParameters& parameters) {
  auto folds = CrossValidation::Begin(data, inner, parameters);
  if (!folds.ok()) return folds.status();
  Candidate best{parameters.max_depth, 0, {}};
  for (int round = 1; !folds->empty() && round <= kSearchedRounds; ++round) {
    absl::StatusOr<std::vector<double>> losses = folds->Grow();
    if (!losses.ok()) return losses.status();
    if (best.rounds == 0 || Mean(*losses) < Mean(best.losses)) {
      best.rounds = round;
      best.losses = *std::move(losses);
    }
    if (round - best.rounds >= kPatience) break;
  }
  return best;
}

// The folds say that `better` has less loss than `other` by more than one standard error.
bool IsClearlyBetter(const Candidate& better, const Candidate& other) {
  std::vector<double> gains, squares;
  for (size_t i = 0; i < better.losses.size(); ++i) {
    gains.push_back(other.losses[i] - better.losses[i]);
    squares.push_back(gains.back() * gains.back());
  }
  const double mean = Mean(gains);
  const auto folds = static_cast<double>(gains.size());
  if (folds < 2) return mean > 0;
  const double variance = std::max(0.0, Mean(squares) - mean * mean) * folds / (folds - 1);
  return mean > std::sqrt(variance / folds);
}

}  // namespace

absl::StatusOr<TrainerParameters> SearchParameters(const Dataset& data, const Split& inner,
                                                   TrainerParameters base) {
  std::vector<Candidate> candidates;
  for (int depth : kSearchedDepths) {
    base.max_depth = depth;
    absl::StatusOr<Candidate> candidate = FindBestRound(data, inner, base);
    if (!candidate.ok()) return candidate.status();
    if (candidate->rounds > 0) candidates.push_back(*std::move(candidate));
  }
  if (candidates.empty()) {
    return absl::InvalidArgumentError(
        "no part of the training rows can be left out to choose parameters by, as each leaves a "
        "class without a row; more or longer blocks of each class, or a smaller margin around "
        "those left out (a schema that looks back less), are needed");
  }
  const Candidate& least = *std::min_element(
      candidates.begin(), candidates.end(),
      [](const auto& a, const auto& b) { return Mean(a.losses) < Mean(b.losses); });
  const Candidate& chosen =
      *std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
        return candidate.depth == least.depth || !IsClearlyBetter(least, candidate);
      });
  base.max_depth = chosen.depth;
  base.num_boost_round = chosen.rounds;
  return base;
}

ModelKind SearchedXgboost(const TrainerParameters& base) {
  ModelKind kind = XgboostKind(base);
  kind.tune = [base](const Dataset& data, std::span<const size_t> rows,
                     const Split& inner) -> absl::StatusOr<ModelKind> {
    const auto chosen = SearchParameters(data, inner, base);
    if (!chosen.ok()) return chosen.status();
    ModelKind tuned = XgboostKind(*chosen);
    tuned.parameters = XgboostParameters(*chosen, data.classes.size(), rows.size());
    return tuned;
  };
  return kind;
}

}  // namespace silhouette
