#include "common/duration.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace silhouette {

absl::StatusOr<int64_t> ParseDurationNs(std::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration({text.data(), text.size()}, &duration) ||
      duration < absl::Nanoseconds(1) || duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", std::string(text), "\" is no length of time; write one as 0.5s or 500ms"));
  }
  return absl::ToInt64Nanoseconds(duration);
}

std::string FormatDurationNs(int64_t duration_ns) {
  return absl::FormatDuration(absl::Nanoseconds(duration_ns));
}

}  // namespace silhouette
