#include "gateway/engine.h"

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/timeline.h"

namespace silhouette {
namespace {

constexpr size_t kPage = 10'000;

// All verdicts of one model version on one subject, in window order.
absl::StatusOr<std::vector<v1::Verdict>> ReadVerdicts(VerdictStore* store, int64_t run_id,
                                                      const StoredSubject& subject) {
  std::vector<v1::Verdict> all;
  VerdictQuery query{run_id, {subject.subject}, subject.model.name(), std::nullopt, kPage};
  while (true) {
    auto page = store->ListVerdicts(query);
    if (!page.ok()) return page.status();
    for (const v1::Verdict& verdict : *page) {
      if (verdict.version() == subject.model.version()) all.push_back(verdict);
    }
    if (page->size() < kPage) return all;
    const v1::Verdict& last = page->back();
    query.after =
        VerdictCursor{last.window_start_ns(), last.subject(), last.model(), last.version()};
  }
}

std::vector<SmoothedWindow> Smooth(const v1::ModelHead& model, TimelineMethod method,
                                   const WindowScores& scores) {
  if (!model.has_timeline()) {
    return UnsmoothedTimeline(static_cast<size_t>(model.classes_size()), scores);
  }
  return method == TimelineMethod::kViterbi ? ViterbiTimeline(model.timeline(), scores)
                                            : ForwardTimeline(model.timeline(), scores);
}

}  // namespace

absl::StatusOr<SubjectTimeline> GatewayEngine::Timeline(const StoredRun& run,
                                                        const std::string& subject,
                                                        const std::string& model,
                                                        std::optional<TimelineMethod> method) {
  auto found = FindSubject(run, subject, model);
  if (!found.ok()) return found.status();
  auto verdicts = ReadVerdicts(store_.get(), run.id, *found);
  if (!verdicts.ok()) return verdicts.status();

  const Grid grid{run.grid_start_ns, found->model.hop_ns()};
  WindowScores scores;
  for (const v1::Verdict& verdict : *verdicts) {
    scores.window.push_back(grid.IndexOf(verdict.window_start_ns()));
    scores.probabilities.insert(scores.probabilities.end(), verdict.probabilities().begin(),
                                verdict.probabilities().end());
  }
  SubjectTimeline timeline;
  timeline.method =
      method.value_or(run.ended ? TimelineMethod::kViterbi : TimelineMethod::kForward);
  timeline.classes.assign(found->model.classes().begin(), found->model.classes().end());
  const std::vector<SmoothedWindow> states = Smooth(found->model, timeline.method, scores);
  for (size_t i = 0; i < states.size(); ++i) {
    v1::TimelinePoint& point = timeline.points.emplace_back();
    point.set_window_start_ns((*verdicts)[i].window_start_ns());
    point.set_class_(timeline.classes[states[i].class_index]);
    point.set_probability(states[i].probability);
  }
  // A window that is missing had no packet within the horizon: nothing is known of that time.
  for (const TimelineSegment& joined : JoinSegments(states, scores.window, 1)) {
    v1::Segment& segment = timeline.segments.emplace_back();
    segment.set_from_ns((*verdicts)[joined.first].window_start_ns());
    segment.set_to_ns((*verdicts)[joined.first + joined.count - 1].window_end_ns());
    segment.set_class_(timeline.classes[joined.class_index]);
    segment.set_confidence(joined.confidence);
    segment.set_windows(joined.count);
  }
  return timeline;
}

absl::StatusOr<StoredSubject> GatewayEngine::FindSubject(const StoredRun& run,
                                                         const std::string& subject,
                                                         const std::string& model) {
  auto subjects = store_->ListSubjects(run.id);
  if (!subjects.ok()) return subjects.status();
  const StoredSubject* found = nullptr;
  for (const StoredSubject& candidate : *subjects) {
    if (candidate.subject != subject) continue;
    if (!model.empty() && candidate.model.name() != model) continue;
    if (found != nullptr && found->model.name() != candidate.model.name()) {
      return absl::InvalidArgumentError(
          absl::StrCat("several models speak of ", subject, "; name one of them"));
    }
    found = &candidate;  // of one model's versions, the newest comes last
  }
  if (found != nullptr) return *found;
  return absl::NotFoundError(absl::StrCat("run ", run.run, " of ", run.origin,
                                          " has no verdicts on ", subject,
                                          model.empty() ? "" : absl::StrCat(" by model ", model),
                                          "; list its subjects to see the names"));
}

}  // namespace silhouette
