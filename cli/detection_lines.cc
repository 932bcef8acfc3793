#include "cli/detection_lines.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/proto_json.h"

namespace silhouette {
namespace {

void WriteClasses(const v1::EvaluationResult& result, std::ostream* out) {
  *out << absl::StreamFormat("  %-12s %8s %9s %7s %7s  %s\n", "class", "windows", "precision",
                             "recall", "F1", "95 %");
  for (const v1::ClassResult& of : result.classes()) {
    *out << absl::StreamFormat("  %-12s %8d %9.3f %7.3f %7.3f  %.3f-%.3f\n", of.name(), of.rows(),
                               of.precision(), of.recall(), of.f1(), of.f1_low(), of.f1_high());
  }
  *out << absl::StreamFormat("  unknown: %d of %d windows\n", result.unknown(), result.rows());
}

void WriteEvents(const v1::EvaluationResult& result, std::ostream* out) {
  int found = 0;
  for (const v1::EventResult& event : result.events()) found += event.has_found_after_ns();
  *out << absl::StreamFormat("  %d of %d events found\n", found, result.events_size());
  for (const v1::EventResult& event : result.events()) {
    const std::string when =
        event.has_found_after_ns()
            ? absl::StrFormat("found after %.3g s",
                              static_cast<double>(event.found_after_ns()) / 1e9)
            : "not found";
    *out << absl::StreamFormat(
        "    %-12s %-44s %s%s\n", event.class_(), event.source(), when,
        event.misnamed().empty()
            ? ""
            : absl::StrCat("; also called ", absl::StrJoin(event.misnamed(), ", ")));
  }
}

// Those with alarms, and how long all were watched.
void WriteFalseAlarms(const v1::EvaluationResult& result, std::ostream* out) {
  double hours = 0;
  uint64_t alarms = 0;
  for (const v1::WatchResult& watched : result.watched()) {
    hours += watched.device_hours();
    alarms += watched.false_alarms();
  }
  *out << absl::StreamFormat(
      "  %d false alarms in %.1f hours of %d sources (%.3g a device and day)\n", alarms, hours,
      result.watched_size(), hours == 0 ? 0 : static_cast<double>(alarms) * 24 / hours);
  for (const v1::WatchResult& watched : result.watched()) {
    if (watched.false_alarms() == 0 && watched.device_hours() < 24) continue;
    *out << absl::StreamFormat(
        "    %-44s %d in %.1f hours, %.3g a day\n", watched.source(), watched.false_alarms(),
        watched.device_hours(),
        static_cast<double>(watched.false_alarms()) * 24 / watched.device_hours());
  }
}

}  // namespace

void WriteDetectionText(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out) {
  for (const v1::EvaluationResult& result : results) {
    *out << result.split()
         << (result.leaks() ? " (leaks: only to be compared with published "
                              "figures)"
                            : ": what to believe")
         << "\n";
    WriteClasses(result, out);
    // Windows that are drawn one by one are no events.
    if (result.leaks()) continue;
    WriteEvents(result, out);
    WriteFalseAlarms(result, out);
  }
}

void WriteDetectionJson(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out) {
  for (const v1::EvaluationResult& result : results) {
    *out << "{\"result\":" << ToJson(result) << "}\n";
  }
}

std::string DetectionCsv(const Dataset& data, const std::vector<DetectionResult>& results) {
  std::string text = absl::StrCat("split,source,start_ns,truth,said,",
                                  absl::StrJoin(data.classes, ","), ",unknown\n");
  const auto name = [&](size_t c) { return c < data.classes.size() ? data.classes[c] : "unknown"; };
  for (const DetectionResult& result : results) {
    const Predictions& of = result.predictions;
    for (size_t i = 0; i < of.rows(); ++i) {
      absl::StrAppend(&text, result.leaks ? "random" : "by-source", ",",
                      data.source_names[data.source[of.row[i]]], ",",
                      data.window[of.row[i]] * data.hop_ns, ",", name(of.truth[i]), ",",
                      name(of.said[i]));
      for (size_t c = 0; c < of.classes; ++c) {
        absl::StrAppend(&text, ",", of.probabilities[i * of.classes + c]);
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace silhouette
