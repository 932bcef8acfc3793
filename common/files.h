#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace silhouette {

// That a file cannot be opened, for the errno `reason`: NOT_FOUND where there is none, else
// PERMISSION_DENIED. The message names the path, the reason and the remedy.
absl::Status CannotOpen(const std::string& path, int reason);

// OK when `path` is a file that can be opened for reading. The message names the path, the reason
// and the remedy. Errors: NOT_FOUND, INVALID_ARGUMENT (a folder), PERMISSION_DENIED.
absl::Status CheckReadableFile(const std::string& path);

// The whole content of a file. Errors as CheckReadableFile.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes `path` whole or not at all: to a neighbour first, then by rename.
absl::Status WriteFileByRename(const std::string& path, std::string_view content);

// The folder of a data set that comes with the program ("models", "samples"): beside the build
// tree or under PREFIX/share/silhouette. Falls back to `name` in the current folder.
std::string FindInstalledFolder(const std::string& name);

}  // namespace silhouette
