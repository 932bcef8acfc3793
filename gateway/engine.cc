#include "gateway/engine.h"

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/timeline.h"

namespace silhouette {
namespace {

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
  auto scores = FindScores(run, subject, model);
  if (!scores.ok()) return scores.status();
  const v1::ModelHead& head = scores->model;
  const Grid grid{run.grid_start_ns, head.hop_ns()};
  WindowScores windows;
  for (int64_t start_ns : scores->start_ns) windows.window.push_back(grid.IndexOf(start_ns));
  windows.probabilities = std::move(scores->probabilities);

  SubjectTimeline timeline;
  timeline.method =
      method.value_or(run.ended ? TimelineMethod::kViterbi : TimelineMethod::kForward);
  timeline.classes.assign(head.classes().begin(), head.classes().end());
  const std::vector<SmoothedWindow> states = Smooth(head, timeline.method, windows);
  for (size_t i = 0; i < states.size(); ++i) {
    v1::TimelinePoint& point = timeline.points.emplace_back();
    point.set_window_start_ns(scores->start_ns[i]);
    point.set_class_(timeline.classes[states[i].class_index]);
    point.set_probability(states[i].probability);
  }
  // A window that is missing had no packet within the horizon: nothing is known of that time.
  for (const TimelineSegment& joined : JoinSegments(states, windows.window, 1)) {
    v1::Segment& segment = timeline.segments.emplace_back();
    segment.set_from_ns(scores->start_ns[joined.first]);
    segment.set_to_ns(scores->start_ns[joined.first + joined.count - 1] + head.length_ns());
    segment.set_class_(timeline.classes[joined.class_index]);
    segment.set_confidence(joined.confidence);
    segment.set_windows(joined.count);
  }
  return timeline;
}

absl::StatusOr<StoredScores> GatewayEngine::FindScores(const StoredRun& run,
                                                       const std::string& subject,
                                                       const std::string& model) {
  auto scores = store_->ReadScores(run.id, subject, model);
  if (!scores.ok()) return scores.status();
  if (scores->size() == 1) return std::move(scores->front());
  if (scores->size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several models speak of ", subject, "; name one of them"));
  }
  return absl::NotFoundError(absl::StrCat("run ", run.run, " of ", run.origin,
                                          " has no verdicts on ", subject,
                                          model.empty() ? "" : absl::StrCat(" by model ", model),
                                          "; list its subjects to see the names"));
}

}  // namespace silhouette
