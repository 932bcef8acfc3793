#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// All that one training needs to know.
struct TrainingRequest {
  std::string file;  // table of windows, CSV
  DatasetColumns columns;
  std::string schema = "presence.v1";
  std::string name = "presence";
  std::string version = "1";
  int64_t length_ns = 500'000'000;
  std::string subject = "conversation";  // device, device-mac, conversation or flow
  std::string protocol = "udp";          // udp, tcp or all
  std::string source;                    // where the data comes from, for people
  std::string models = "models";         // folder of the bundles
  bool force = false;                    // replace a version that exists
};

// Reads the table, scores the way of training on blocks it has not seen, trains on all rows, and
// writes the bundle and its card. Returns the manifest as written. Errors: those of its steps.
absl::StatusOr<v1::ModelManifest> RunTraining(const TrainingRequest& request);

}  // namespace silhouette
