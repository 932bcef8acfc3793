#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace silhouette {

// That the file `path` can be written, before the work begins. `flag` names it, `taken` are the
// inputs and the other outputs. Errors: INVALID_ARGUMENT that begins with the flag for standard
// output, what is no file, what is taken, and a folder that is not there or takes no file.
absl::Status CheckOutputPath(const std::string& flag, const std::string& path,
                             const std::vector<std::string>& taken);

}  // namespace silhouette
