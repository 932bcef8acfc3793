#include "cli/findings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/grid.h"

namespace silhouette {
namespace {

using Key = std::pair<std::string, std::string>;  // subject, model

bool IsShown(const FindingsRequest& request, const v1::SubjectSummary& summary) {
  if (!request.subjects.empty()) {
    return std::find(request.subjects.begin(), request.subjects.end(), summary.subject()) !=
           request.subjects.end();
  }
  // Of what does not tell how it looks, nothing is passed over.
  return request.all || !summary.has_shape() || summary.shape().looks_like_call();
}

absl::Status CheckSubjects(const FindingsRequest& request, const Findings& findings) {
  for (const std::string& subject : request.subjects) {
    if (findings.all.contains(subject)) continue;
    return absl::NotFoundError(absl::StrCat("no windows of subject \"", subject,
                                            "\"; --all shows the subjects there are"));
  }
  return absl::OkStatus();
}

// Where the truth's times count from: the grid edge of the first model's windows.
int64_t ZeroOf(const v1::RunStatus& run, const std::vector<v1::Verdict>& verdicts) {
  if (verdicts.empty()) return run.first_packet_ns();
  const v1::Verdict& any = verdicts.front();
  const Grid grid{run.grid_start_ns(), any.window_end_ns() - any.window_start_ns()};
  return grid.EdgeBefore(run.first_packet_ns());
}

// The truth is about calls: with others shown beside them, only calls are scored.
std::map<std::string, std::vector<const SubjectFindings*>> ToScore(
    const std::vector<SubjectFindings>& shown) {
  const bool any_call = std::any_of(shown.begin(), shown.end(), [](const SubjectFindings& subject) {
    return subject.shape.looks_like_call();
  });
  std::map<std::string, std::vector<const SubjectFindings*>> by_model;
  for (const SubjectFindings& subject : shown) {
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
  for (const auto& [model, subjects] : ToScore(findings->shown)) {
    Score& score = findings->scores[model];
    score = ScoreFindings(subjects, truth, findings->zero_ns);
    windows += score.windows;
  }
  if (windows > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "no window lies in an interval of the truth; its times count in seconds from the grid edge "
      "at or before the first packet, or as start_ns,end_ns from the Unix epoch");
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

  std::map<Key, size_t> place;  // in shown
  std::set<std::string> names;
  for (const v1::SubjectSummary& summary : *summaries) {
    findings.all[summary.subject()] = summary.shape();
    if (!IsShown(request, summary)) continue;
    auto timeline = gateway->GetTimeline(findings.run, summary.subject(), summary.model());
    if (!timeline.ok()) return timeline.status();
    place[{summary.subject(), summary.model()}] = findings.shown.size();
    names.insert(summary.subject());
    findings.shown.push_back(
        {summary.subject(), summary.model(), {}, *std::move(timeline), summary.shape()});
  }
  if (absl::Status status = CheckSubjects(request, findings); !status.ok()) return status;
  if (!names.empty()) {
    // Naming no subject means all of them.
    auto verdicts = gateway->ListVerdicts(
        findings.run, request.all ? std::vector<std::string>()
                                  : std::vector<std::string>(names.begin(), names.end()));
    if (!verdicts.ok()) return verdicts.status();
    findings.verdicts = *std::move(verdicts);
  }
  for (const v1::Verdict& verdict : findings.verdicts) {
    findings.shown[place.at({verdict.subject(), verdict.model()})].verdicts.push_back(verdict);
  }
  findings.zero_ns = ZeroOf(findings.run, findings.verdicts);
  if (request.truth) {
    if (absl::Status status = ScoreAll(*request.truth, &findings); !status.ok()) return status;
  }
  return findings;
}

}  // namespace silhouette
