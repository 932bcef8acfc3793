#include "gateway/page_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace silhouette {

namespace {

// The parts of a token, as many as there must be. Errors: INVALID_ARGUMENT.
absl::StatusOr<std::vector<std::string>> PartsOf(const std::string& token, size_t count) {
  std::string text;
  std::vector<std::string> parts;
  if (absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, '\n');
  if (parts.size() == count) return parts;
  return absl::InvalidArgumentError(
      "page_token is not one of ours; pass next_page_token as it was given, or none");
}

}  // namespace

std::string PageToken(const VerdictCursor& cursor) {
  return absl::WebSafeBase64Escape(absl::StrCat(cursor.window_start_ns, "\n", cursor.subject, "\n",
                                                cursor.model, "\n", cursor.version));
}

absl::StatusOr<VerdictCursor> ParsePageToken(const std::string& token) {
  auto parts = PartsOf(token, 4);
  if (!parts.ok()) return parts.status();
  VerdictCursor cursor{0, (*parts)[1], (*parts)[2], (*parts)[3]};
  if (absl::SimpleAtoi((*parts)[0], &cursor.window_start_ns)) return cursor;
  return PartsOf("", 4).status();
}

std::string SubjectToken(const SubjectCursor& cursor) {
  return absl::WebSafeBase64Escape(absl::StrCat(cursor.subject, "\n", cursor.model));
}

absl::StatusOr<SubjectCursor> ParseSubjectToken(const std::string& token) {
  auto parts = PartsOf(token, 2);
  if (!parts.ok()) return parts.status();
  return SubjectCursor{(*parts)[0], (*parts)[1]};
}

std::string IncidentToken(const IncidentCursor& cursor) {
  return absl::WebSafeBase64Escape(absl::StrCat(cursor.from_ns, "\n", cursor.number));
}

absl::StatusOr<IncidentCursor> ParseIncidentToken(const std::string& token) {
  auto parts = PartsOf(token, 2);
  if (!parts.ok()) return parts.status();
  IncidentCursor cursor{};
  if (absl::SimpleAtoi((*parts)[0], &cursor.from_ns) &&
      absl::SimpleAtoi((*parts)[1], &cursor.number)) {
    return cursor;
  }
  return PartsOf("", 2).status();
}

std::string WatchCursor(const StorePosition& position) {
  return absl::StrCat(position.store_id, ":", position.number);
}

absl::StatusOr<StorePosition> ParseWatchCursor(const std::string& cursor) {
  const std::vector<std::string> parts = absl::StrSplit(cursor, ':');
  StorePosition position;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &position.store_id) ||
      !absl::SimpleAtoi(parts[1], &position.number)) {
    return absl::InvalidArgumentError(
        "cursor is not one of ours; pass the last response's as it was given, or none");
  }
  return position;
}

absl::Status CheckWatchCursor(const StorePosition& cursor, const StorePosition& newest) {
  if (cursor.store_id != newest.store_id) {
    return absl::AbortedError("the store is another one than the cursor's; watch without a cursor");
  }
  if (cursor.number > newest.number || cursor.number < 0) {
    return absl::OutOfRangeError(
        "the cursor is ahead of what the store holds; watch without a cursor");
  }
  return absl::OkStatus();
}

}  // namespace silhouette
