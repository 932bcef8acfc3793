#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/listed_captures.h"
#include "learn/evaluation/detection.h"
#include "silhouette/v1/incident.pb.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// All that the training of a model which raises alarms needs to know.
struct DetectorRequest {
  std::vector<std::string> lists;  // of captures
  v1::WindowSpec spec;             // normalized
  std::vector<std::string> classes;
  CaptureOptions read;
  DetectionOptions options;
};

// The windows of all captures of all lists. Errors: as ReadCaptureList and ReadListedCaptures.
absl::StatusOr<Dataset> ReadDetectorData(const DetectorRequest& request, ListUse* use,
                                         const ReadingProgress& progress = nullptr);

// How such a model does: first on whole sources that training never saw, then, to be compared with
// published figures, on random windows. Simulated sources only train. What was said of the left-out
// sources goes to `by_source`, unless it is null. Errors: as LeaveOut.
absl::StatusOr<std::vector<DetectionResult>> JudgeDetector(
    const Dataset& data, const DetectionOptions& options,
    const DetectionProgress& progress = nullptr, LeftOutRows* by_source = nullptr);

// As a manifest holds it.
v1::EvaluationResult ToProto(const DetectionResult& result, const Dataset& data);

// What the bundle says beside the model.
struct DetectorBundle {
  std::string name;
  std::string version;
  std::string source;             // where the data comes from, for people
  std::string models = "models";  // folder of the bundles
  bool force = false;             // replace a version that exists
  // Sources that the model is not trained on, and its thresholds not fitted on: to try it on.
  std::vector<std::string> held_out;
  // Classes that are incidents.
  std::map<std::string, v1::Severity> incidents;
};

// Reads the lists, judges, trains on all rows, and writes the bundle and its card. Returns the
// manifest as written. Errors: those of its steps; INVALID_ARGUMENT for an incident of no class.
absl::StatusOr<v1::ModelManifest> TrainDetector(const DetectorRequest& request,
                                                const DetectorBundle& bundle,
                                                const DetectionProgress& progress = nullptr);

}  // namespace silhouette
