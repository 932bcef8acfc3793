#include "cli/findings.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grid.h"

namespace silhouette {
namespace {

using Key = std::pair<std::string, std::string>;  // subject, model

std::map<Key, std::vector<v1::Verdict>> Group(const std::vector<v1::Verdict>& verdicts) {
  std::map<Key, std::vector<v1::Verdict>> groups;
  for (const v1::Verdict& verdict : verdicts) {
    groups[{verdict.subject(), verdict.model()}].push_back(verdict);
  }
  return groups;
}

bool IsShown(const FindingsRequest& request, const ConversationShape& shape) {
  if (!request.subjects.empty()) {
    return std::find(request.subjects.begin(), request.subjects.end(), shape.subject) !=
           request.subjects.end();
  }
  return request.all || shape.looks_like_call;
}

absl::Status CheckSubjects(const FindingsRequest& request, const Findings& findings) {
  for (const std::string& subject : request.subjects) {
    const bool found =
        std::any_of(findings.all.begin(), findings.all.end(),
                    [&](const ConversationShape& shape) { return shape.subject == subject; });
    if (found) continue;
    return absl::NotFoundError(absl::StrCat("no windows of subject \"", subject,
                                            "\"; --all shows the subjects there are"));
  }
  return absl::OkStatus();
}

// The truth is about calls: with others shown beside them, only calls are scored.
std::vector<const SubjectFindings*> ToScore(const std::vector<SubjectFindings>& shown) {
  std::vector<const SubjectFindings*> calls, all;
  for (const SubjectFindings& subject : shown) {
    all.push_back(&subject);
    if (subject.shape.looks_like_call) calls.push_back(&subject);
  }
  return calls.empty() ? all : calls;
}

// Where the truth's times count from; windows of one run share a grid and, today, a length.
int64_t ZeroOf(const v1::RunStatus& run, const std::vector<v1::Verdict>& verdicts) {
  if (verdicts.empty()) return run.first_packet_ns();
  const v1::Verdict& any = verdicts.front();
  const Grid grid{run.grid_start_ns(), any.window_end_ns() - any.window_start_ns()};
  return grid.EdgeBefore(run.first_packet_ns());
}

}  // namespace

absl::StatusOr<Findings> ReadFindings(GatewayClient* gateway, const FindingsRequest& request) {
  Findings findings;
  auto run = gateway->FindRun(request.origin, request.run);
  if (!run.ok()) return run.status();
  findings.run = *std::move(run);
  auto verdicts = gateway->ListVerdicts(findings.run, {});
  if (!verdicts.ok()) return verdicts.status();
  findings.zero_ns = ZeroOf(findings.run, *verdicts);
  findings.chosen_as_calls = !request.all && request.subjects.empty();

  for (auto& [key, group] : Group(*verdicts)) {
    const ConversationShape& shape = findings.all.emplace_back(MeasureConversation(group));
    if (!IsShown(request, shape)) continue;
    auto timeline = gateway->GetTimeline(findings.run, key.first, key.second);
    if (!timeline.ok()) return timeline.status();
    findings.shown.push_back({key.first, key.second, std::move(group), *timeline, shape});
  }
  if (absl::Status status = CheckSubjects(request, findings); !status.ok()) return status;
  for (v1::Verdict& verdict : *verdicts) {
    const bool shown = std::any_of(
        findings.shown.begin(), findings.shown.end(), [&](const SubjectFindings& subject) {
          return subject.subject == verdict.subject() && subject.model == verdict.model();
        });
    if (shown) findings.verdicts.push_back(std::move(verdict));
  }
  if (!request.truth || findings.shown.empty()) return findings;
  findings.truth_is_simulated = request.truth->simulated;
  findings.score = ScoreFindings(ToScore(findings.shown), *request.truth, findings.zero_ns);
  if (findings.score->windows > 0) return findings;
  return absl::InvalidArgumentError(
      "no window lies in an interval of the truth; its times count in seconds from the grid edge "
      "at or before the first packet, or as start_ns,end_ns from the Unix epoch");
}

}  // namespace silhouette
