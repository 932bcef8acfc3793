#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"
#include "learn/models/classifier.h"

namespace silhouette {

// How a kind of model does that was trained on `rows` of the training rows. Means over the folds.
struct CurvePoint {
  double rows = 0;
  double training_accuracy = 0;  // on these rows, 0 to 1
  double test_accuracy = 0;      // on the whole test part, 0 to 1
  double fit_seconds = 0;        // of one model
};

// Score and fit time against training size.
struct LearningCurve {
  std::string model;  // as ModelKind's
  std::string model_title;
  std::vector<CurvePoint> points;  // by rising size
};

// Trains on 1/8, 2/8, ... of each training part, drawn by a fixed seed, each part holding the ones
// before; a kind that wants one scale gets that of the rows it is trained on. A point is missing
// where no fold's rows hold each class. Errors: as ModelKind::train.
absl::StatusOr<LearningCurve> MeasureLearningCurve(const Dataset& data, const Split& split,
                                                   const ModelKind& kind);

}  // namespace silhouette
