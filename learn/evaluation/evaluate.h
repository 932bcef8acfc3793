#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/evaluation/split.h"
#include "learn/models/trainer.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// The timeline that goes with a model trained on `rows`: transitions from their labels, and the
// evidence weight from leaving `neighbours` blocks of them out at a time, scored by models trained
// on the rest of `rows`. So the weight of a fold's training part knows nothing of its test part;
// picking it by the other folds' scores would, for their models were trained on that test part.
// Where `rows` hold too few blocks to leave some out, the weight is 1. Errors: as Evaluate.
absl::StatusOr<v1::TimelineModel> TrainTimeline(const Dataset& data, std::span<const size_t> rows,
                                                size_t neighbours,
                                                const TrainerParameters& parameters);

// Trains a model and a timeline on each fold's training part alone and scores them on its test
// part, per window, forward and by Viterbi. The model is saved and loaded again in between, so that
// what is judged is what would be served. `neighbours` is as in TrainTimeline. Errors: as
// TrainModel, naming the split; UNAVAILABLE without a writable folder for temporary files.
absl::StatusOr<v1::EvaluationResult> Evaluate(const Dataset& data, const Split& split,
                                              size_t neighbours,
                                              const TrainerParameters& parameters);

// Three ways to score, the one to believe first: `neighbours` blocks left out at a time, a random
// fifth of the windows left out, and in sample.
absl::StatusOr<std::vector<v1::EvaluationResult>> EvaluateAllWays(
    const Dataset& data, size_t neighbours, const TrainerParameters& parameters);

}  // namespace silhouette
