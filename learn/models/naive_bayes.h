#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "learn/models/classifier.h"

namespace silhouette {

// Gaussian naive Bayes: a class's features are independent and normal, a class as frequent as among
// `rows`. As scikit-learn's GaussianNB, which adds 1e-9 of the greatest variance to each: so it
// wants features of one scale. OpenCV's NormalBayesClassifier is another model, with a whole
// covariance matrix for each class. Errors: see ModelKind::train.
absl::StatusOr<std::unique_ptr<Classifier>> TrainNaiveBayes(const Dataset& data,
                                                            std::span<const size_t> rows);

}  // namespace silhouette
