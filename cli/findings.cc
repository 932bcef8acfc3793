#include "cli/findings.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/grid.h"
#include "gateway/call_picker.h"

namespace silhouette {
namespace {

using Key = std::pair<std::string, std::string>;  // subject, model

// Which of the subjects to show.
class Choice {
 public:
  Choice(const FindingsRequest& request, const std::vector<v1::SubjectSummary>& summaries)
      : request_(request) {
    judges_calls_ = std::any_of(summaries.begin(), summaries.end(),
                                [](const auto& summary) { return summary.has_shape(); });
    for (const v1::ModelManifest& model : request.models) {
      judges_calls_ |= model.spec().subject() == v1::SUBJECT_KIND_CONVERSATION &&
                       ConversationMeter::Measures(model.spec().schema());
      if (model.incidents_size() > 0) with_incidents_.insert(model.name());
    }
  }

  bool IsShown(const v1::SubjectSummary& summary) const {
    if (!request_.subjects.empty()) {
      return std::find(request_.subjects.begin(), request_.subjects.end(), summary.subject()) !=
             request_.subjects.end();
    }
    if (request_.all) return true;
    if (summary.has_shape()) return summary.shape().looks_like_call();
    return !judges_calls_ && !with_incidents_.contains(summary.model());
  }
  // Of those that are asked for, or else at all, some model would tell incidents.
  bool TellsIncidents(const std::vector<v1::SubjectSummary>& summaries) const {
    if (request_.subjects.empty()) return !with_incidents_.empty();
    return std::any_of(summaries.begin(), summaries.end(), [&](const auto& summary) {
      return IsShown(summary) && with_incidents_.contains(summary.model());
    });
  }

 private:
  const FindingsRequest& request_;
  bool judges_calls_;
  std::set<std::string> with_incidents_;  // models
};

absl::Status CheckSubjects(const FindingsRequest& request, const Findings& findings) {
  for (const std::string& subject : request.subjects) {
    if (findings.all.contains(subject) || findings.others.contains(subject)) continue;
    return absl::NotFoundError(absl::StrCat("no windows of subject \"", subject,
                                            "\"; --all shows the subjects there are"));
  }
  return absl::OkStatus();
}

// Where the truth's times count from: the grid edge of the shortest windows, which are a call's.
int64_t ZeroOf(const v1::RunStatus& run, const std::vector<v1::Verdict>& verdicts) {
  if (verdicts.empty()) return run.first_packet_ns();
  int64_t length_ns = std::numeric_limits<int64_t>::max();
  for (const v1::Verdict& verdict : verdicts) {
    length_ns = std::min(length_ns, verdict.window_end_ns() - verdict.window_start_ns());
  }
  const Grid grid{run.grid_start_ns(), length_ns};
  return grid.EdgeBefore(run.first_packet_ns());
}

// The classes of its model have one of the truth's labels.
bool SaysAny(const SubjectFindings& subject, const Truth& truth) {
  const auto& classes = subject.timeline.classes();
  return std::any_of(truth.intervals.begin(), truth.intervals.end(), [&](const auto& interval) {
    return std::find(classes.begin(), classes.end(), interval.label) != classes.end();
  });
}

// The truth is about calls: with others shown beside them, only calls are scored.
std::map<std::string, std::vector<const SubjectFindings*>> ToScore(
    const Truth& truth, const std::vector<SubjectFindings>& shown) {
  const bool any_call = std::any_of(shown.begin(), shown.end(), [](const SubjectFindings& subject) {
    return subject.shape.looks_like_call();
  });
  std::map<std::string, std::vector<const SubjectFindings*>> by_model;
  for (const SubjectFindings& subject : shown) {
    if (!SaysAny(subject, truth)) continue;
    if (subject.shape.looks_like_call() || !any_call) by_model[subject.model].push_back(&subject);
  }
  return by_model;
}

// A label that no model ever says would count every window of it as wrong.
absl::Status CheckLabels(const Truth& truth, const std::vector<SubjectFindings>& shown) {
  std::set<std::string> classes;
  for (const SubjectFindings& subject : shown) {
    classes.insert(subject.timeline.classes().begin(), subject.timeline.classes().end());
  }
  for (const TruthInterval& interval : truth.intervals) {
    if (classes.contains(interval.label)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("truth line ", interval.line, ": label \"", interval.label,
                     "\" is no class; the models say ", absl::StrJoin(classes, ", "),
                     "; name it so, or train with --classes"));
  }
  return absl::OkStatus();
}

absl::Status ScoreAll(const Truth& truth, Findings* findings) {
  if (findings->shown.empty()) return absl::OkStatus();
  if (absl::Status status = CheckLabels(truth, findings->shown); !status.ok()) return status;
  findings->truth_is_simulated = truth.simulated;
  uint64_t windows = 0;
  for (const auto& [model, subjects] : ToScore(truth, findings->shown)) {
    Score& score = findings->scores[model];
    score = ScoreFindings(subjects, truth, findings->zero_ns);
    windows += score.windows;
  }
  if (windows > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "no window lies in an interval of the truth; its times count in seconds from the grid edge "
      "at or before the first packet, or as start_ns,end_ns from the Unix epoch");
}

// Of what is shown; `all`: which is everything.
absl::Status ReadVerdicts(GatewayClient* gateway, bool all, Findings* findings) {
  if (findings->shown.empty()) return absl::OkStatus();
  std::map<Key, size_t> place;  // in shown
  std::set<std::string> names;
  for (size_t i = 0; i < findings->shown.size(); ++i) {
    place[{findings->shown[i].subject, findings->shown[i].model}] = i;
    names.insert(findings->shown[i].subject);
  }
  if (all) names.clear();  // naming no subject means all of them
  auto verdicts = gateway->ListVerdicts(findings->run, {names.begin(), names.end()});
  if (!verdicts.ok()) return verdicts.status();
  for (v1::Verdict& verdict : *verdicts) {
    // A subject may be shown by one model and not by another.
    const auto at = place.find({verdict.subject(), verdict.model()});
    if (at == place.end()) continue;
    findings->shown[at->second].verdicts.push_back(verdict);
    findings->verdicts.push_back(std::move(verdict));
  }
  return absl::OkStatus();
}

// Of those that are asked for, or else of all; oldest first.
absl::Status ReadIncidents(GatewayClient* gateway, const std::vector<std::string>& subjects,
                           Findings* findings) {
  v1::ListIncidentsRequest request;
  request.set_origin(findings->run.origin());
  request.set_run(findings->run.run());
  request.mutable_subjects()->Add(subjects.begin(), subjects.end());
  auto incidents = gateway->ListIncidents(request);
  // A gateway from before there were any.
  if (absl::IsUnimplemented(incidents.status())) return absl::OkStatus();
  if (!incidents.ok()) return incidents.status();
  findings->incidents = *std::move(incidents);
  std::reverse(findings->incidents.begin(), findings->incidents.end());
  if (!findings->incidents.empty()) findings->reports_incidents = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Findings> ReadFindings(GatewayClient* gateway, const FindingsRequest& request) {
  Findings findings;
  auto run = gateway->FindRun(request.origin, request.run);
  if (!run.ok()) return run.status();
  findings.run = *std::move(run);
  findings.chosen_as_calls = !request.all && request.subjects.empty();
  auto summaries = gateway->ListSubjects(findings.run);
  if (!summaries.ok()) return summaries.status();

  const Choice choice(request, *summaries);
  findings.reports_incidents = choice.TellsIncidents(*summaries);
  for (const v1::SubjectSummary& summary : *summaries) {
    if (summary.has_shape()) {
      findings.all[summary.subject()] = summary.shape();
    } else {
      findings.others.insert(summary.subject());
    }
    if (!choice.IsShown(summary)) continue;
    auto timeline = gateway->GetTimeline(findings.run, summary.subject(), summary.model());
    if (!timeline.ok()) return timeline.status();
    findings.shown.push_back(
        {summary.subject(), summary.model(), {}, *std::move(timeline), summary.shape()});
  }
  // Which a model of another kind may speak of as well.
  for (const auto& [subject, shape] : findings.all) findings.others.erase(subject);
  if (absl::Status status = CheckSubjects(request, findings); !status.ok()) return status;
  if (absl::Status status = ReadVerdicts(gateway, request.all, &findings); !status.ok()) {
    return status;
  }
  if (absl::Status status = ReadIncidents(gateway, request.subjects, &findings); !status.ok())
    return status;
  findings.zero_ns = ZeroOf(findings.run, findings.verdicts);
  if (request.truth) {
    if (absl::Status status = ScoreAll(*request.truth, &findings); !status.ok()) return status;
  }
  return findings;
}

}  // namespace silhouette
