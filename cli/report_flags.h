#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/findings.h"
#include "cli/gateway_client.h"

namespace silhouette {

// What to show of a run and how: shared by `run` and `timeline`.
struct ReportFlags {
  std::string truth;  // file; empty for none
  bool all = false;
  bool json = false;
  std::vector<std::string> subjects;
};
void AddReportFlags(CLI::App* app, ReportFlags* flags);

// The truth file, if one is named. Errors: as ReadTruth.
absl::StatusOr<std::optional<Truth>> ReadTruthFlag(const ReportFlags& flags);

// Asks the gateway for the newest run that fits and prints it to stdout; `models` are those that
// are loaded. Errors: as ReadFindings.
absl::Status PrintReport(GatewayClient* gateway, const ReportFlags& flags,
                         const std::string& origin, const std::string& run,
                         const std::string& source, const std::optional<Truth>& truth,
                         const std::vector<v1::ModelManifest>& models);

// Prints "silhouette COMMAND: message" on stderr; the exit status: 2 for a wrong flag, else 1.
int ReportFailure(const std::string& command, const absl::Status& status);

}  // namespace silhouette
