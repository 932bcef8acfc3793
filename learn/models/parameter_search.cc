#include "learn/models/parameter_search.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

// Sums over left-out rows, by the number of rounds less one.
struct Curve {
  std::vector<double> loss;
  size_t rows = 0;
};

// Adds a fold; false if it cannot be used.
absl::StatusOr<bool> AddFold(const Dataset& data, const Fold& fold,
                             const TrainerParameters& parameters, Curve* curve) {
  if (fold.test.empty()) return false;
  const auto losses = HeldOutLogLoss(data, fold.training, fold.test, parameters);
  if (absl::IsInvalidArgument(losses.status())) return false;  // a class is missing
  if (!losses.ok()) return losses.status();
  for (size_t round = 0; round < losses->size(); ++round) {
    curve->loss[round] += (*losses)[round] * static_cast<double>(fold.test.size());
  }
  curve->rows += fold.test.size();
  return true;
}

}  // namespace

absl::StatusOr<TrainerParameters> SearchParameters(const Dataset& data, const Split& inner,
                                                   TrainerParameters base,
                                                   const SearchProgress& progress) {
  TrainerParameters best = base;
  double least = std::numeric_limits<double>::infinity();
  const size_t steps = std::size(kSearchedDepths) * inner.folds.size();
  size_t done = 0;
  base.num_boost_round = kSearchedRounds;
  for (int depth : kSearchedDepths) {
    base.max_depth = depth;
    Curve curve{std::vector<double>(kSearchedRounds), 0};
    for (const Fold& fold : inner.folds) {
      const absl::StatusOr<bool> used = AddFold(data, fold, base, &curve);
      if (!used.ok()) return used.status();
      if (progress) progress(++done, steps);
    }
    if (curve.rows == 0) break;
    const auto lowest = std::min_element(curve.loss.begin(), curve.loss.end());
    const double loss = *lowest / static_cast<double>(curve.rows);
    if (loss >= least) continue;
    least = loss;
    best = base;
    best.num_boost_round = 1 + static_cast<int>(lowest - curve.loss.begin());
  }
  if (least < std::numeric_limits<double>::infinity()) return best;
  return absl::InvalidArgumentError(
      "no part of the training rows can be left out to choose parameters by, as each leaves a "
      "class "
      "without a row; more blocks of each class are needed");
}

ModelKind SearchedXgboost(const TrainerParameters& base) {
  ModelKind kind = XgboostKind(base);
  kind.tune = [base](const Dataset& data, const Split& inner) -> absl::StatusOr<ModelKind> {
    const auto chosen = SearchParameters(data, inner, base);
    if (!chosen.ok()) return chosen.status();
    ModelKind tuned = XgboostKind(*chosen);
    tuned.parameters = XgboostParameters(*chosen, data.classes.size());
    return tuned;
  };
  return kind;
}

}  // namespace silhouette
