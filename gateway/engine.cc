#include "gateway/engine.h"

#include <algorithm>
#include <utility>

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

// Smoothed windows of a subject, in their order.
struct Smoothed {
  std::vector<int64_t> start_ns;
  std::vector<int64_t> window;  // on the grid
  std::vector<SmoothedWindow> states;
};

// Leaves those that start in [from_ns, to_ns).
void Cut(int64_t from_ns, int64_t to_ns, Smoothed* smoothed) {
  const auto& starts = smoothed->start_ns;
  const auto first = std::lower_bound(starts.begin(), starts.end(), from_ns) - starts.begin();
  const auto last =
      std::max(first, std::lower_bound(starts.begin(), starts.end(), to_ns) - starts.begin());
  const auto cut = [&](auto* values) {
    values->erase(values->begin() + last, values->end());
    values->erase(values->begin(), values->begin() + first);
  };
  cut(&smoothed->start_ns);
  cut(&smoothed->window);
  cut(&smoothed->states);
}

v1::TimelinePoints PointsOf(const Smoothed& smoothed, size_t max_points) {
  v1::TimelinePoints points;
  const size_t windows = smoothed.states.size();
  const size_t count = std::min(windows, max_points);
  for (size_t i = 0; i < count; ++i) {
    // Whole numbers of windows, as equal as they can be.
    const size_t begin = i * windows / count, end = (i + 1) * windows / count;
    size_t chosen = begin;
    for (size_t w = begin; w < end; ++w) {
      if (smoothed.states[w].probability < smoothed.states[chosen].probability) chosen = w;
    }
    points.add_window_start_ns(smoothed.start_ns[chosen]);
    points.add_class_index(static_cast<uint32_t>(smoothed.states[chosen].class_index));
    points.add_probability(static_cast<float>(smoothed.states[chosen].probability));
  }
  return points;
}

}  // namespace

absl::StatusOr<SubjectTimeline> GatewayEngine::Timeline(const StoredRun& run,
                                                        const TimelineQuery& query) {
  auto scores =
      FindScores(run, query.subject, query.model, {query.from_ns, query.to_ns, kWindowsRemembered});
  if (!scores.ok()) return scores.status();
  const v1::ModelHead& head = scores->model;
  const Grid grid{run.grid_start_ns, head.hop_ns()};
  WindowScores windows;
  windows.window.reserve(scores->start_ns.size());
  for (int64_t start_ns : scores->start_ns) windows.window.push_back(grid.IndexOf(start_ns));
  windows.probabilities = std::move(scores->probabilities);

  SubjectTimeline timeline;
  timeline.model = head.name();
  timeline.method =
      query.method.value_or(run.ended ? TimelineMethod::kViterbi : TimelineMethod::kForward);
  timeline.classes.assign(head.classes().begin(), head.classes().end());
  std::vector<SmoothedWindow> states = Smooth(head, timeline.method, windows);
  Smoothed smoothed{std::move(scores->start_ns), std::move(windows.window), std::move(states)};
  Cut(query.from_ns, query.to_ns, &smoothed);
  timeline.points = PointsOf(smoothed, query.max_points);
  // A window that is missing had no packet within the horizon: nothing is known of that time.
  for (const TimelineSegment& joined : JoinSegments(smoothed.states, smoothed.window, 1)) {
    v1::Segment& segment = timeline.segments.emplace_back();
    segment.set_from_ns(smoothed.start_ns[joined.first]);
    segment.set_to_ns(smoothed.start_ns[joined.first + joined.count - 1] + head.length_ns());
    segment.set_class_(timeline.classes[joined.class_index]);
    segment.set_confidence(joined.confidence);
    segment.set_windows(joined.count);
  }
  return timeline;
}

absl::StatusOr<StoredScores> GatewayEngine::FindScores(const StoredRun& run,
                                                       const std::string& subject,
                                                       const std::string& model,
                                                       const WindowRange& range) {
  auto scores = store_->ReadScores(run.id, subject, model, range);
  if (!scores.ok()) return scores.status();
  if (scores->size() == 1) return std::move(scores->front());
  if (scores->size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several models speak of ", subject, "; name one of them"));
  }
  return absl::NotFoundError(absl::StrCat("run ", run.run, " of ", run.origin,
                                          " has no verdicts on ", subject,
                                          model.empty() ? "" : absl::StrCat(" by model ", model),
                                          " in that time; list its subjects to see the names"));
}

absl::StatusOr<std::vector<SummaryRow>> GatewayEngine::Summary(const SummaryQuery& query) {
  constexpr int64_t kDayNs = 24 * kHourNs;
  auto hours =
      store_->ReadHours(query.run_id, query.subject, query.model, query.from_ns, query.to_ns);
  if (!hours.ok()) return hours.status();
  const int64_t offset_ns = query.utc_offset_minutes * 60'000'000'000;
  std::vector<SummaryRow> rows;
  for (const StoredHour& hour : *hours) {
    int64_t from_ns = hour.from_ns;
    if (query.step == SummaryStep::kDay) {
      from_ns = Grid{-offset_ns, kDayNs}.IndexOf(hour.from_ns) * kDayNs - offset_ns;
    }
    const bool continues = !rows.empty() && rows.back().model == hour.model &&
                           (query.step == SummaryStep::kWhole || rows.back().from_ns == from_ns);
    if (!continues) rows.push_back({hour.model, from_ns, 0, {}});
    SummaryRow& row = rows.back();
    row.to_ns = query.step == SummaryStep::kDay ? from_ns + kDayNs : hour.from_ns + kHourNs;
    row.windows[hour.class_name] += hour.windows;
  }
  return rows;
}

}  // namespace silhouette
