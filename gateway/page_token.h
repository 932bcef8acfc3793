#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gateway/store.h"

namespace silhouette {

// A cursor as opaque text for clients, and back. Errors: INVALID_ARGUMENT for other text.
std::string PageToken(const VerdictCursor& cursor);
absl::StatusOr<VerdictCursor> ParsePageToken(const std::string& token);

}  // namespace silhouette
