#include "learn/bundle/detection_card.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "classify-svc/novelty.h"

namespace silhouette {
namespace {

double Seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

std::string ClassTable(const v1::EvaluationResult& result) {
  std::string text =
      "| class | windows | precision | recall | F1 | 95 % |\n|---|---:|---:|---:|---:|---:|\n";
  for (const v1::ClassResult& of : result.classes()) {
    absl::StrAppendFormat(&text, "| %s | %d | %.3f | %.3f | %.3f | %.3f–%.3f |\n", of.name(),
                          of.rows(), of.precision(), of.recall(), of.f1(), of.f1_low(),
                          of.f1_high());
  }
  absl::StrAppendFormat(&text, "\nCalled unknown: %d of %d windows.\n\n", result.unknown(),
                        result.rows());
  return text;
}

// By class: found, all, and the longest that one took.
std::string EventLines(const v1::EvaluationResult& result) {
  struct Found {
    int found = 0, all = 0;
    int64_t longest_ns = 0;
  };
  std::map<std::string, Found> by_class;
  for (const v1::EventResult& event : result.events()) {
    Found& of = by_class[event.class_()];
    ++of.all;
    of.found += event.has_found_after_ns();
    of.longest_ns = std::max<int64_t>(of.longest_ns, event.found_after_ns());
  }
  std::string text;
  for (const auto& [name, of] : by_class) {
    absl::StrAppendFormat(&text, "- %s: %d of %d events found and rightly named", name, of.found,
                          of.all);
    if (of.found > 0) {
      absl::StrAppendFormat(&text, ", each at most %g s behind the start of its first window",
                            Seconds(of.longest_ns));
    }
    absl::StrAppend(&text, ".\n");
  }
  for (const v1::EventResult& event : result.events()) {
    if (event.has_found_after_ns()) continue;
    absl::StrAppend(&text, "- Not found: ", event.class_(), " in `", event.source(), "`.\n");
  }
  return text;
}

std::string AlarmLine(const char* what, uint64_t sources, uint64_t alarms, double hours) {
  return absl::StrFormat("- %d false alarms in %.1f hours of %s%s: %.2g a device and day.\n",
                         alarms, hours, what,
                         sources == 1 ? "" : absl::StrFormat(" (%d of them)", sources),
                         hours == 0 ? 0 : static_cast<double>(alarms) * 24 / hours);
}

// Of sources that were watched for a day or longer one by one, and of the others together.
std::string AlarmLines(const v1::EvaluationResult& result) {
  constexpr double kLong = 24;
  uint64_t sources = 0, alarms = 0;
  double hours = 0;
  std::string text;
  for (const v1::WatchResult& watched : result.watched()) {
    if (watched.device_hours() >= kLong) {
      text += AlarmLine(absl::StrCat("`", watched.source(), "`").c_str(), 1, watched.false_alarms(),
                        watched.device_hours());
      continue;
    }
    ++sources;
    alarms += watched.false_alarms();
    hours += watched.device_hours();
  }
  if (sources > 0) text += AlarmLine("sources shorter than a day", sources, alarms, hours);
  return text;
}

// What becomes an incident, where that is not each alarm.
std::string IncidentLine(const v1::ModelManifest& manifest) {
  std::vector<std::string> kinds, lines;
  for (const v1::IncidentRule& rule : manifest.incidents()) kinds.push_back(rule.class_());
  const auto alarms = static_cast<int>(
      std::count_if(std::next(manifest.classes().begin()), manifest.classes().end(),
                    [](const std::string& name) { return name != kUnknownClass; }));
  if (!kinds.empty() && manifest.incidents_size() < alarms) {
    lines.push_back(absl::StrCat("Incidents are made of ", absl::StrJoin(kinds, ", "),
                                 " alone; the alarms above are of all classes."));
  }
  for (const v1::IncidentRule& rule : manifest.incidents()) {
    if (rule.least_windows() <= 1) continue;
    lines.push_back(absl::StrCat("An alarm of ", rule.class_(), " takes ", rule.least_windows(),
                                 " windows, none further than ", Seconds(rule.quiet_ns()),
                                 " s from the next: what was watched for less raises none."));
  }
  return lines.empty() ? "" : absl::StrCat(absl::StrJoin(lines, " "), "\n\n");
}

const std::map<std::string_view, std::string_view>& LimitsByClass() {
  static const auto* limits = new std::map<std::string_view, std::string_view>{
      {"scan",
       "A scan so slow that fewer than about twenty probes fall into a window looks like a "
       "device that cannot reach somebody."},
      {"flood",
       "A flood that a link swallows before the capture point is not seen. A download at "
       "full rate has answers; a flood that answers itself may pass for one."},
      {"brute_force",
       "Of guessing, one recorded capture is all there is to judge by. Guesses of which fewer "
       "than about twenty fall into a window, or over one connection, are not seen; what "
       "is polled over as many short connections looks like them."},
      {"c2",
       "Of c2, one recorded capture, an imitation of a beacon every two seconds, is all there is "
       "to judge by. A beacon that comes less often than three times in a window, or hides in a "
       "device's own traffic, is not seen; a device that polls its maker's server, or "
       "another one at home, by the clock looks like one."},
      {"motion",
       "It knows the uploads of one make of battery camera. What uploads in bursts and is "
       "no camera may be taken for motion: ask it about cameras. Events without a burst "
       "leave no trace on the network."}};
  return *limits;
}

}  // namespace

bool RaisesAlarms(const v1::ModelManifest& manifest) {
  return std::any_of(manifest.evaluation().begin(), manifest.evaluation().end(),
                     [](const auto& result) { return !result.watched().empty(); });
}

std::string DetectionSection(const v1::ModelManifest& manifest) {
  std::string text =
      "## How it scored\n\nWhole sources (a device, a capture of an attack) were left out in "
      "turns, and judged by a model that had not seen them. Its thresholds and its calibration are "
      "fitted on what was said of the other sources, each by a model that had not seen it but may "
      "have seen the one that is judged. Simulated "
      "captures only train, so that these figures are of recorded traffic; where windows are drawn "
      "at "
      "random, some of those judged are simulated.\n\n";
  for (const v1::EvaluationResult& result : manifest.evaluation()) {
    absl::StrAppend(&text, "### ", result.split(),
                    result.leaks() ? " (**leaks**: only to be compared with published figures)"
                                   : ": what to believe",
                    "\n\n", ClassTable(result));
    if (result.leaks()) continue;
    absl::StrAppend(&text, EventLines(result), AlarmLines(result), "\n");
  }
  return text + IncidentLine(manifest);
}

std::vector<std::string> DetectionLimits(const v1::ModelManifest& manifest) {
  std::vector<std::string> limits;
  for (const std::string& name : manifest.classes()) {
    const auto known = LimitsByClass().find(name);
    if (known != LimitsByClass().end()) limits.emplace_back(known->second);
  }
  limits.push_back(
      "Intervals are of whole sources; of a class with one or two they say little, and nothing of "
      "homes, devices and attacks of other kinds.");
  limits.push_back(
      "Each recording comes from its own laboratory. It looks at no address, port, time to live or "
      "name, so that none of these tells them apart; sizes and pauses still may.");
  return limits;
}

}  // namespace silhouette
