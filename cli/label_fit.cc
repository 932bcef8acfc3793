#include "cli/label_fit.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "capture-svc/engine.h"
#include "cli/terminal.h"
#include "common/grid.h"

namespace silhouette {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHalfHour = 30 * kMinute;
// Windows of the models that a truth is made for; relative truth counts from the edge of one.
constexpr int64_t kWindow = kSecond / 2;
// Who labels starts about when the capture starts.
constexpr int64_t kNearNs = 5 * kMinute;
// From UTC-12 to UTC+14.
constexpr int64_t kMostZonesApartNs = 26 * 2 * kHalfHour;
// Less than that, of the capture or of the truth, is where one was started or ended first.
constexpr double kUsualShare = 0.1;

// A time of the truth as one since the Unix epoch. Files may claim any; lengths and differences of
// these do not overflow.
int64_t EventTime(int64_t time_ns, int64_t offset_ns) {
  int64_t sum = 0;
  if (__builtin_add_overflow(time_ns, offset_ns, &sum)) return kLastPlausibleNs;
  return std::clamp(sum, -kLastPlausibleNs, kLastPlausibleNs);
}

TimeSpan Overlap(const TimeSpan& a, const TimeSpan& b) {
  const int64_t from = std::max(a.from_ns, b.from_ns);
  return {from, std::max(from, std::min(a.to_ns, b.to_ns))};
}

double Share(int64_t part_ns, int64_t all_ns) {
  return all_ns == 0 ? 0 : static_cast<double>(part_ns) / static_cast<double>(all_ns);
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

// "1.5".
std::string Hours(int64_t half_hours) {
  return absl::StrCat(half_hours / 2, half_hours % 2 == 0 ? "" : ".5");
}

// The unit in which the truth's times would lie at the capture, if they were not read as they were;
// empty for none.
std::string OtherUnit(const TruthFit& fit) {
  const auto is_near = [&](int64_t time_ns) {
    return time_ns > fit.capture.from_ns - kMostZonesApartNs &&
           time_ns < fit.capture.to_ns + kMostZonesApartNs;
  };
  if (!fit.absolute) return is_near(fit.truth.from_ns - fit.zero_ns) ? "seconds" : "";
  for (const auto& [factor, unit] : {std::pair{1'000, "microseconds"},
                                     {1'000'000, "milliseconds"},
                                     {1'000'000'000, "seconds"}}) {
    int64_t time_ns = 0;
    if (__builtin_mul_overflow(fit.truth.from_ns, factor, &time_ns)) continue;
    if (is_near(time_ns)) return unit;
  }
  return "";
}

// Whole or half hours between the starts, as of a clock in another time zone: how to move the
// capture; empty where they are not that far apart.
std::string OtherTimeZone(const TruthFit& fit, const std::string& capture_file) {
  const int64_t late_ns = fit.truth.from_ns - fit.capture.from_ns;
  const int64_t apart_ns = std::abs(late_ns);
  const int64_t half_hours = (apart_ns + kHalfHour / 2) / kHalfHour;
  const int64_t rest_ns = std::abs(apart_ns - half_hours * kHalfHour);
  if (half_hours == 0 || rest_ns > kNearNs || apart_ns > kMostZonesApartNs + kNearNs) return "";
  return absl::StrCat(
      "the truth starts ", Hours(half_hours), " h ", late_ns > 0 ? "after" : "before",
      " the capture, but for ", ClockTime(rest_ns),
      "; if a clock was in another time zone, move the capture by editcap -t ",
      late_ns > 0 ? "" : "-", half_hours * kHalfHour / kSecond, " ", capture_file, " moved.pcap");
}

// What may be the cause of two spans that do not overlap, and the remedy.
std::string Remedy(const TruthFit& fit, const std::string& capture_file) {
  if (const std::string unit = OtherUnit(fit); !unit.empty()) {
    return absl::StrCat("its times look like ", unit,
                        " since the Unix epoch; write them in nanoseconds, as start_ns,end_ns");
  }
  if (!fit.absolute) {
    return "its times count in seconds from the capture's start; write start_ns,end_ns for "
           "nanoseconds since the Unix epoch";
  }
  if (std::string zone = OtherTimeZone(fit, capture_file); !zone.empty()) return zone;
  return "check that they belong together, and the clocks of the machines that made them";
}

}  // namespace

bool CaptureTimes::Add(int64_t time_ns) {
  if (!IsPlausibleTime(time_ns)) return true;  // it is in no window
  if (packets == 0) {
    first_packet_ns = time_ns;
    span = {time_ns, time_ns + 1};
  }
  const int64_t newest_ns = span.to_ns - 1;
  if (time_ns < newest_ns - CaptureEngine::kMostBackNs ||
      time_ns > newest_ns + CaptureEngine::kMostAheadNs) {
    return false;
  }
  ++packets;
  span.from_ns = std::min(span.from_ns, time_ns);
  span.to_ns = std::max(span.to_ns, time_ns + 1);
  return true;
}

TruthFit FitTruth(const Truth& truth, const CaptureTimes& capture) {
  TruthFit fit;
  fit.absolute = truth.absolute;
  fit.simulated = truth.simulated;
  fit.intervals = truth.intervals.size();
  fit.capture = capture.span;
  fit.zero_ns = Grid{0, kWindow}.EdgeBefore(capture.first_packet_ns);
  const int64_t offset_ns = truth.absolute ? 0 : fit.zero_ns;
  int64_t labelled_to_ns = fit.capture.from_ns;
  for (const TruthInterval& interval : truth.intervals) {
    const TimeSpan span = {EventTime(interval.start_ns, offset_ns),
                           EventTime(interval.end_ns, offset_ns)};
    if (&interval == &truth.intervals.front()) fit.truth.from_ns = span.from_ns;
    fit.truth.to_ns = span.to_ns;
    const TimeSpan inside = Overlap(span, fit.capture);
    fit.labelled_ns[interval.label] += inside.length_ns();
    fit.overlap_ns += inside.length_ns();
    fit.truth_ns += span.length_ns();
    fit.truth_before_ns +=
        Overlap(span, {std::numeric_limits<int64_t>::min(), fit.capture.from_ns}).length_ns();
    fit.truth_after_ns +=
        Overlap(span, {fit.capture.to_ns, std::numeric_limits<int64_t>::max()}).length_ns();
    if (inside.length_ns() == 0) continue;
    if (inside.from_ns > labelled_to_ns) fit.unlabelled.push_back({labelled_to_ns, inside.from_ns});
    labelled_to_ns = inside.to_ns;
  }
  if (labelled_to_ns < fit.capture.to_ns) {
    fit.unlabelled.push_back({labelled_to_ns, fit.capture.to_ns});
  }
  return fit;
}

std::vector<std::string> FitWarnings(const TruthFit& fit) {
  std::vector<std::string> warnings;
  const double unlabelled = 1 - Share(fit.overlap_ns, fit.capture.length_ns());
  if (unlabelled > kUsualShare) {
    warnings.push_back(absl::StrCat(Percent(unlabelled),
                                    " of the capture has no truth; those windows are not scored"));
  }
  const double outside = Share(fit.truth_before_ns + fit.truth_after_ns, fit.truth_ns);
  if (outside > kUsualShare) {
    warnings.push_back(absl::StrCat(Percent(outside),
                                    " of the truth lies outside of the capture; check that they "
                                    "belong together, and the clocks"));
  }
  for (const auto& [label, length_ns] : fit.labelled_ns) {
    if (length_ns > 0) continue;
    warnings.push_back(absl::StrCat("all of \"", label, "\" lies outside of the capture"));
  }
  return warnings;
}

absl::Status CheckOverlap(const TruthFit& fit, const std::string& truth_file,
                          const std::string& capture_file) {
  if (fit.overlap_ns > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      truth_file, ": is from ", FormatSpan(fit.truth), ", but ", capture_file, " is from ",
      FormatSpan(fit.capture), ", so they do not overlap; ", Remedy(fit, capture_file)));
}

std::string FormatSpan(const TimeSpan& span) {
  // To the nearest second: FormatTime cuts.
  const auto format = [](const char* form, int64_t time_ns) {
    return absl::FormatTime(form, absl::FromUnixNanos(time_ns + kSecond / 2), absl::UTCTimeZone());
  };
  const bool same_day = format("%Y-%m-%d", span.from_ns) == format("%Y-%m-%d", span.to_ns);
  return absl::StrCat(format("%Y-%m-%d %H:%M:%S", span.from_ns), " to ",
                      format(same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", span.to_ns), " UTC");
}

}  // namespace silhouette
