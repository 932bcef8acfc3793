#pragma once

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Shows a manual page in roff: by `man` on a terminal, as it is to whom else reads standard output.
// Errors: NOT_FOUND (no `man` here), UNAVAILABLE (nobody reads).
absl::Status ShowManPage(const std::string& roff);

}  // namespace silhouette
