#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/data/labelled_captures.h"
#include "silhouette/v1/model.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// All that one training needs to know.
struct TrainingRequest {
  std::vector<std::string> files;  // tables of windows, CSV
  DatasetColumns columns;          // its features are the schema's
  LabelledCaptures captures;       // instead of tables; spec and classes are this request's
  // Told of each capture once all are read.
  std::function<void(const CaptureUse&)> tell_use;
  v1::WindowSpec spec;  // normalized
  std::string name = "presence";
  std::string version = "1";
  std::string source;             // where the data comes from, for people
  std::string models = "models";  // folder of the bundles
  bool force = false;             // replace a version that exists
  bool balanced = false;          // each class weighs the same
};

// Told before each step of `steps`: what it is.
using TrainingProgress = std::function<void(size_t done, size_t steps, const std::string& what)>;

// Reads the tables or captures, scores the way of training on what it has not seen, trains on all
// rows, and writes the bundle and its card. Parameters are chosen inside each training part.
// Returns the manifest as written. Errors: those of its steps.
absl::StatusOr<v1::ModelManifest> RunTraining(const TrainingRequest& request,
                                              const TrainingProgress& progress = nullptr);

}  // namespace silhouette
