#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace silhouette {

// "0.5s", "500ms" or "1m30s" in ns. Errors: INVALID_ARGUMENT for what is no duration of 1 ns
// or more.
absl::StatusOr<int64_t> ParseDurationNs(std::string_view text);

// "500ms", "5s": the shortest text that ParseDurationNs reads back.
std::string FormatDurationNs(int64_t duration_ns);

}  // namespace silhouette
