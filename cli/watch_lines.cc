#include "cli/watch_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace silhouette {

std::string WatchLines::LineOf(const v1::Verdict& verdict) {
  std::string& known =
      classes_[{verdict.origin(), verdict.run(), verdict.subject(), verdict.model()}];
  if (!each_ && known == verdict.class_()) return "";
  known = verdict.class_();
  const std::string time = absl::FormatTime(
      "%H:%M:%E1S", absl::FromUnixNanos(verdict.window_start_ns()), absl::UTCTimeZone());
  return absl::StrCat(time, "  ", Bold(terminal_, known),
                      absl::StrFormat(" %3.0f %%  ", 100 * double{verdict.probability()}),
                      verdict.subject(), "  ", verdict.model(),
                      verdict.partial() ? "  (partial)" : "");
}

}  // namespace silhouette
