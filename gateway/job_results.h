#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "gateway/engine.h"

namespace silhouette {

enum class ResultFormat { kJsonLines, kCsv, kSegments };

// Writes what a run found, in pieces of about 256 KiB, until `sink` returns false. The formats are
// those of ResultFormat in gateway_service.proto. Errors: the store's.
absl::Status WriteResults(GatewayEngine* engine, const StoredRun& run, ResultFormat format,
                          const std::function<bool(const std::string&)>& sink);

}  // namespace silhouette
