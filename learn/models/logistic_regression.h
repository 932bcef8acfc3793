#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "learn/models/classifier.h"

namespace silhouette {

// Logistic regression with an L2 penalty on the weights but not on the intercept, as
// scikit-learn's with C = 1: least sum of log losses plus half the sum of squared weights. Of more
// than two classes, each against the rest, probabilities scaled to add up to 1. Newton's method in
// double precision; OpenCV's descends by steps of a fixed length, thousands of them for nine
// features, and does not tell whether it arrived. Errors: see ModelKind::train.
absl::StatusOr<std::unique_ptr<Classifier>> TrainLogisticRegression(const Dataset& data,
                                                                    std::span<const size_t> rows);

}  // namespace silhouette
