#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace silhouette::bench {

// Memory of this process that is its own, in KiB: anonymous and shared pages, but not the pages of
// mapped files, which the kernel can drop at any time. From /proc/self/status.
absl::StatusOr<uint64_t> PrivateKib();

// Starts this program afresh with one argument and returns what it writes to standard output.
// UNKNOWN where it fails. A fresh program has nothing of this one's memory.
absl::StatusOr<std::string> RunAfresh(const std::string& argument);

}  // namespace silhouette::bench
