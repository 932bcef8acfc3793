#pragma once

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Makes all threads of a process that runs as root run as `user`, for good. Empties the bounding
// set first, which a user without privileges may not. Nothing to do where it is not root.
// Errors: NOT_FOUND (no such user), INVALID_ARGUMENT (the user is root), PERMISSION_DENIED,
// INTERNAL (root can come back).
absl::Status DropUser(const std::string& user);

// Takes all capabilities from the calling thread and the threads that it will start, and sees to it
// that no program which is executed has more. The bounding set may stay where CAP_SETPCAP is
// missing, as it then has no effect.
// Errors: FAILED_PRECONDITION (a thread that was started earlier keeps capabilities: call it before
// there are any), PERMISSION_DENIED.
absl::Status DropCapabilities();

}  // namespace silhouette
