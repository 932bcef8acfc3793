#include "gateway/page_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace silhouette {

std::string PageToken(const VerdictCursor& cursor) {
  return absl::WebSafeBase64Escape(absl::StrCat(cursor.window_start_ns, "\n", cursor.subject, "\n",
                                                cursor.model, "\n", cursor.version));
}

absl::StatusOr<VerdictCursor> ParsePageToken(const std::string& token) {
  std::string text;
  std::vector<std::string> parts;
  if (absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, '\n');
  VerdictCursor cursor;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &cursor.window_start_ns)) {
    return absl::InvalidArgumentError(
        "page_token is not one of ours; pass next_page_token as it was given, or none");
  }
  cursor.subject = parts[1];
  cursor.model = parts[2];
  cursor.version = parts[3];
  return cursor;
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

}  // namespace silhouette
