#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// The files that an argument stands for: of a folder its captures (IsCaptureName; not x.pcap.gz
// beside x.pcap), of a pattern with *, ? or [] the files that match, both in natural order; any
// other path, "-" too, stands for itself, there or not. Errors: NOT_FOUND (no file matches),
// PERMISSION_DENIED.
absl::StatusOr<std::vector<std::string>> ExpandFiles(const std::string& path_or_glob);

}  // namespace silhouette
