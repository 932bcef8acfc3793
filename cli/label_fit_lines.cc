#include "cli/label_fit_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/terminal.h"
#include "common/text.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> Warnings(const TruthFit& fit, const CaptureOutline& capture) {
  std::vector<std::string> warnings;
  if (fit.overlap_ns > 0) warnings = FitWarnings(fit);
  if (capture.jumps) {
    warnings.push_back(absl::StrCat("the clock of the capture jumps behind packet ",
                                    WithThousands(capture.times.packets),
                                    "; a truth is held against what comes before"));
  }
  return warnings;
}

// To the nearest tenth of a second: FormatTime cuts.
std::string TimeOfDay(int64_t time_ns) {
  return absl::FormatTime("%H:%M:%E1S", absl::FromUnixNanos(time_ns + 50'000'000),
                          absl::UTCTimeZone());
}

std::string Origin(const TruthFit& fit) {
  if (fit.absolute) return "absolute times";
  return absl::StrCat("times count from ", TimeOfDay(fit.zero_ns),
                      ", the half second that the capture starts in");
}

// One of the lines that share the capture out.
std::string ShareLine(const TruthFit& fit, const std::string& what, int64_t length_ns,
                      size_t width) {
  return absl::StrFormat(
      "  %-*s  %10s  %5.1f %%\n", width, what, ClockTime(length_ns),
      100.0 * static_cast<double>(length_ns) / static_cast<double>(fit.capture.length_ns()));
}

std::string SharesText(const TruthFit& fit) {
  const std::string none = "(no truth)";
  size_t width = none.size();
  for (const auto& [label, length_ns] : fit.labelled_ns) width = std::max(width, label.size());
  std::string text;
  for (const auto& [label, length_ns] : fit.labelled_ns) {
    absl::StrAppend(&text, ShareLine(fit, label, length_ns, width));
  }
  return absl::StrCat(text, ShareLine(fit, none, fit.capture.length_ns() - fit.overlap_ns, width));
}

// Where there is no truth.
std::string HolesText(const TruthFit& fit) {
  constexpr size_t kMostShown = 10;
  std::string text;
  for (size_t i = 0; i < std::min(kMostShown, fit.unlabelled.size()); ++i) {
    const TimeSpan& hole = fit.unlabelled[i];
    const bool first = hole.from_ns == fit.capture.from_ns;
    const bool last = hole.to_ns == fit.capture.to_ns;
    absl::StrAppendFormat(&text, "    %s to %s  %10s%s\n", TimeOfDay(hole.from_ns),
                          TimeOfDay(hole.to_ns), ClockTime(hole.length_ns()),
                          first  ? "  before the truth"
                          : last ? "  behind the truth"
                                 : "");
  }
  if (fit.unlabelled.size() > kMostShown) {
    absl::StrAppend(&text, "    and ", fit.unlabelled.size() - kMostShown, " more\n");
  }
  return text;
}

}  // namespace

std::string FitText(const TruthFit& fit, const CaptureOutline& capture,
                    const std::string& truth_file) {
  std::string text = absl::StrCat(
      capture.file, ": ", FormatSpan(fit.capture), ", ", ClockTime(fit.capture.length_ns()), ", ",
      WithThousands(capture.times.packets), capture.times.packets == 1 ? " packet" : " packets",
      "\n", truth_file, ": ", FormatSpan(fit.truth), ", ", ClockTime(fit.truth.length_ns()), ", ",
      fit.intervals, fit.intervals == 1 ? " interval" : " intervals",
      fit.simulated ? ", simulated" : "", "; ", Origin(fit), "\n");
  if (fit.overlap_ns > 0) {
    absl::StrAppend(&text, "\nOf the capture:\n", SharesText(fit), HolesText(fit),
                    "Of the truth's ", ClockTime(fit.truth_ns), ", ",
                    ClockTime(fit.truth_before_ns), " before the capture and ",
                    ClockTime(fit.truth_after_ns), " behind it.\n");
  }
  for (const std::string& warning : Warnings(fit, capture)) {
    absl::StrAppend(&text, "Warning: ", warning, "\n");
  }
  return text;
}

std::string FitJson(const TruthFit& fit, const CaptureOutline& capture,
                    const std::string& truth_file) {
  Json json;
  json["fits"] = fit.overlap_ns > 0;
  json["capture"] = {{"file", ToUtf8(capture.file)},
                     {"packets", capture.times.packets},
                     {"from_ns", fit.capture.from_ns},
                     {"to_ns", fit.capture.to_ns}};
  if (!capture.cut.empty()) json["capture"]["cut"] = ToUtf8(capture.cut);
  json["truth"] = {{"file", ToUtf8(truth_file)},
                   {"intervals", fit.intervals},
                   {"from_ns", fit.truth.from_ns},
                   {"to_ns", fit.truth.to_ns},
                   {"absolute", fit.absolute},
                   {"simulated", fit.simulated},
                   {"labelled_ns", fit.truth_ns},
                   {"before_capture_ns", fit.truth_before_ns},
                   {"after_capture_ns", fit.truth_after_ns}};
  if (!fit.absolute) json["truth"]["zero_ns"] = fit.zero_ns;
  json["labelled_ns"] = fit.labelled_ns;
  json["unlabelled_ns"] = fit.capture.length_ns() - fit.overlap_ns;
  json["unlabelled"] = Json::array();
  for (const TimeSpan& hole : fit.unlabelled) {
    json["unlabelled"].push_back({{"from_ns", hole.from_ns}, {"to_ns", hole.to_ns}});
  }
  json["warnings"] = Warnings(fit, capture);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace silhouette
