#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gateway/store.h"

namespace silhouette {

// Places in lists as opaque text for clients, and back. Errors: INVALID_ARGUMENT for other text.
std::string PageToken(const VerdictCursor& cursor);
absl::StatusOr<VerdictCursor> ParsePageToken(const std::string& token);
std::string SubjectToken(const SubjectCursor& cursor);
absl::StatusOr<SubjectCursor> ParseSubjectToken(const std::string& token);
std::string WatchCursor(const StorePosition& position);
absl::StatusOr<StorePosition> ParseWatchCursor(const std::string& cursor);

}  // namespace silhouette
