#include "cli/json_report.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/incident_lines.h"
#include "common/accounting.h"
#include "common/schema.h"
#include "common/text.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;

// The shortest decimal number that reads back as this float.
double ShortestDecimal(float value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value);
  double decimal = value;
  std::from_chars(text, written.ptr, decimal);
  return decimal;
}

// All text comes as UTF-8, from protos; should one byte not be, it is replaced, not thrown at.
std::string Line(const char* kind, const Json& value) {
  Json line;
  line[kind] = value;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json FeaturesJson(const v1::Verdict& verdict) {
  Json features = Json::object();
  auto schema = FindSchema(verdict.schema());
  for (int i = 0; i < verdict.features_size(); ++i) {
    const auto at = static_cast<size_t>(i);
    const bool named = schema.ok() && at < (*schema)->features.size();
    features[named ? (*schema)->features[at].name : std::to_string(i)] =
        ShortestDecimal(verdict.features(i));
  }
  return features;
}

Json VerdictJson(const v1::Verdict& verdict) {
  Json json;
  json["subject"] = verdict.subject();
  json["window_start_ns"] = verdict.window_start_ns();
  json["window_end_ns"] = verdict.window_end_ns();
  json["class"] = verdict.class_();
  json["probability"] = ShortestDecimal(verdict.probability());
  json["features"] = FeaturesJson(verdict);
  json["model"] = verdict.model();
  json["version"] = verdict.version();
  if (verdict.partial()) json["partial"] = true;
  return json;
}

Json IncidentJson(const v1::Incident& incident) {
  Json json;
  json["kind"] = incident.kind();
  json["severity"] = SeverityName(incident.severity());
  json["device"] = incident.device();
  json["subject"] = incident.subject();
  json["from_ns"] = incident.from_ns();
  json["to_ns"] = incident.to_ns();
  json["evidence"] = incident.evidence();
  json["windows"] = incident.windows();
  json["probability"] = ShortestDecimal(incident.probability());
  json["model"] = incident.model();
  json["version"] = incident.version();
  return json;
}

Json PacketsJson(const v1::Accounting& accounting) {
  Json json;
  json["received"] = accounting.received();
  json["windowed"] = accounting.windowed();
  json["filtered"] = FilteredPackets(accounting);
  json["malformed"] = accounting.malformed();
  json["late"] = accounting.late();
  json["shed"] = accounting.shed();
  json["pending"] = accounting.pending();
  json["filtered_by_reason"] = Json::object();
  for (const v1::FilteredCount& count : accounting.filtered()) {
    json["filtered_by_reason"][count.reason()] = count.packets();
  }
  return json;
}

Json ConfusionJson(const Confusion& confusion) {
  Json json = Json::object();
  for (const auto& [pair, windows] : confusion) json[pair.first][pair.second] = windows;
  return json;
}

void AddScore(const Score& score, Json* json) {
  (*json)["scored_windows"] = score.windows;
  (*json)["accuracy"] = Accuracy(score.per_window);
  (*json)["timeline_accuracy"] = Accuracy(score.timeline);
  (*json)["confusion"] = ConfusionJson(score.per_window);
  (*json)["timeline_confusion"] = ConfusionJson(score.timeline);
}

Json SubjectJson(const SubjectFindings& subject) {
  Json json;
  json["subject"] = subject.subject;
  json["model"] = subject.model;
  json["windows"] = subject.verdicts.size();
  if (!subject.shape.why().empty()) {
    json["looks_like_call"] = subject.shape.looks_like_call();
    json["why"] = subject.shape.why();
  }
  json["segments"] = Json::array();
  for (const v1::Segment& segment : subject.timeline.segments()) {
    json["segments"].push_back({{"from_ns", segment.from_ns()},
                                {"to_ns", segment.to_ns()},
                                {"class", segment.class_()},
                                {"confidence", segment.confidence()},
                                {"windows", segment.windows()}});
  }
  return json;
}

}  // namespace

std::string VerdictLine(const v1::Verdict& verdict) {
  Json json = VerdictJson(verdict);
  json["origin"] = verdict.origin();
  json["run"] = verdict.run();
  return Line("verdict", json);
}

std::string MissedLine(uint64_t verdicts) { return Line("missed", verdicts); }

std::string IncidentLine(const v1::Incident& incident) {
  Json json = IncidentJson(incident);
  json["origin"] = incident.origin();
  json["run"] = incident.run();
  json["number"] = incident.number();
  json["revision"] = incident.revision();
  return Line("incident", json);
}

void WriteJson(const Findings& findings, const std::string& source, std::ostream* out) {
  for (const v1::Verdict& verdict : findings.verdicts) {
    *out << Line("verdict", VerdictJson(verdict)) << "\n";
  }
  for (const v1::Incident& incident : findings.incidents) {
    *out << Line("incident", IncidentJson(incident)) << "\n";
  }
  Json summary;
  summary["source"] = ToUtf8(source);
  if (!findings.run.incomplete().empty()) summary["cut"] = findings.run.incomplete();
  summary["packets"] = PacketsJson(findings.run.accounting());
  summary["windows"] = findings.verdicts.size();
  summary["conversations"] = findings.all.size();
  summary["zero_ns"] = findings.zero_ns;
  summary["subjects"] = Json::array();
  for (const SubjectFindings& subject : findings.shown) {
    summary["subjects"].push_back(SubjectJson(subject));
  }
  if (!findings.scores.empty()) {
    summary["simulated"] = findings.truth_is_simulated;
    // One model is the usual case; with several, the first here and each under its name.
    AddScore(findings.scores.begin()->second, &summary);
    if (findings.scores.size() > 1) {
      for (const auto& [model, score] : findings.scores) AddScore(score, &summary["models"][model]);
    }
  }
  *out << Line("summary", summary) << "\n";
}

}  // namespace silhouette
