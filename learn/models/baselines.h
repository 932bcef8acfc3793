#pragma once

#include <vector>

#include "learn/models/classifier.h"

namespace silhouette {

// What XGBoost is compared with, as the published work did: k-means (as many clusters as classes,
// each labelled by the majority of its training rows), k-nearest neighbours (5), random forest,
// decision tree, logistic regression, linear SVM and naive Bayes, in this order. All by OpenCV but
// logistic regression and naive Bayes, whose headers say why. Where OpenCV's library cannot be
// opened, training its models is UNAVAILABLE.
const std::vector<ModelKind>& Baselines();

}  // namespace silhouette
