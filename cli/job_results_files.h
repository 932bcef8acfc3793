#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Copies what a job found to `out`, in pieces. Errors: the gateway's; UNAVAILABLE (`out` fails).
absl::Status CopyResults(v1::GatewayService::Stub* gateway, const std::string& job,
                         v1::ResultFormat format, std::ostream* out);

// Writes all that a job found into a folder, each file whole or not at all: STEM.verdicts.jsonl,
// STEM.verdicts.csv and STEM.segments.csv. Returns their paths. Errors: as CopyResults, and the
// folder's.
absl::StatusOr<std::vector<std::string>> WriteResultFiles(v1::GatewayService::Stub* gateway,
                                                          const std::string& job,
                                                          const std::string& folder,
                                                          const std::string& stem);

}  // namespace silhouette
