#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace silhouette {

// What is checked of an output before the work begins: rather than once there is something to lose.

// That `path` names an ordinary file, there or not; `flag` says so. Errors: INVALID_ARGUMENT that
// begins with the flag for no name, standard output, a directory and what else is no such file.
absl::Status CheckNamesFile(const std::string& flag, const std::string& path);

// That the file `path` can be written, which leaves it as it is. Errors: the system's, naming it.
absl::Status CheckWritable(const std::string& path);

// Both, and that nothing else's place is taken: `taken` are the inputs and the other outputs.
// Errors: INVALID_ARGUMENT that begins with the flag, also for a folder that is not there or takes
// no file.
absl::Status CheckOutputPath(const std::string& flag, const std::string& path,
                             const std::vector<std::string>& taken);

}  // namespace silhouette
