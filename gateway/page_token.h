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
std::string IncidentToken(const IncidentCursor& cursor);
absl::StatusOr<IncidentCursor> ParseIncidentToken(const std::string& token);
std::string WatchCursor(const StorePosition& position);
absl::StatusOr<StorePosition> ParseWatchCursor(const std::string& cursor);
// Whether a store whose newest is there can go on from a cursor. Errors: ABORTED (it is another
// store's), OUT_OF_RANGE (it is ahead).
absl::Status CheckWatchCursor(const StorePosition& cursor, const StorePosition& newest);

}  // namespace silhouette
