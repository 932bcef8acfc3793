#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/dataset.h"
#include "learn/split.h"
#include "learn/trainer.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// Trains a model and a timeline on each fold's training part alone and scores them on its test
// part, per window, forward and by Viterbi. The model is saved and loaded again in between, so that
// what is judged is what would be served. Errors: as TrainModel, naming the split; UNAVAILABLE
// without a writable folder for temporary files.
absl::StatusOr<v1::EvaluationResult> Evaluate(const Dataset& data, const Split& split,
                                              const TrainerParameters& parameters);

// Three ways to score, the one to believe first: `neighbours` blocks left out at a time, a random
// fifth of the windows left out, and in sample.
absl::StatusOr<std::vector<v1::EvaluationResult>> EvaluateAllWays(
    const Dataset& data, size_t neighbours, const TrainerParameters& parameters);

}  // namespace silhouette
