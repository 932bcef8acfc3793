#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/labelled_flags.h"
#include "learn/bundle/detector_training.h"

namespace silhouette {

// Lists of captures, in the place of single ones and of tables: shared by `train` and `evaluate`.
struct DetectorFlags {
  std::vector<std::string> lists;
  std::string quiet = "60s";
  DetectionOptions options;
  std::vector<std::string> least_windows;  // CLASS=N

  bool any() const { return !lists.empty(); }
};
void AddDetectorFlags(CLI::App* app, DetectorFlags* flags);

// Errors: INVALID_ARGUMENT that begins with the wrong flag.
absl::StatusOr<DetectorRequest> DetectorRequestOf(const DetectorFlags& flags,
                                                  const LabelledFlags& captures,
                                                  const WindowFlags& windows,
                                                  const std::string& schema,
                                                  const std::vector<std::string>& classes);

// A line on what was used of lists.
std::string UseLine(const ListUse& use);

// "scan=medium" and so on. Errors: INVALID_ARGUMENT that begins with --incident.
absl::StatusOr<std::map<std::string, v1::Severity>> ParseIncidents(
    const std::vector<std::string>& texts);

}  // namespace silhouette
