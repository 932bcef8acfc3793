#pragma once

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"
#include "learn/models/classifier.h"
#include "learn/models/trainer.h"

namespace silhouette {

// Depths that are tried, and rounds at the most.
inline constexpr int kSearchedDepths[] = {1, 2, 3, 6};
inline constexpr int kSearchedRounds = 300;
// Rows of a fold's training part, and of its left-out part, at the most: of more some are drawn.
inline constexpr size_t kSearchedRows = 3'000;

// Parameters by cross-validation on the folds of `inner`, which split the training part alone. For
// each depth, the number of rounds with the least mean log loss of left-out rows (early stopping);
// of the depths the shallowest that is not worse than the best one by more than a standard error
// of the folds (Breiman et al. 1984). The others stay as in `base`. A fold that leaves a class
// without a training row is passed over.
// Errors: as TrainModel; INVALID_ARGUMENT when no fold can be used.
absl::StatusOr<TrainerParameters> SearchParameters(const Dataset& data, const Split& inner,
                                                   TrainerParameters base);

// XGBoost with parameters chosen as above.
ModelKind SearchedXgboost(const TrainerParameters& base = {});

}  // namespace silhouette
