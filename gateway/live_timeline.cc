#include "gateway/live_timeline.h"

#include <utility>

namespace silhouette {
namespace {

void AddPoint(int64_t start_ns, const SmoothedWindow& state, v1::TimelinePoints* points) {
  points->add_window_start_ns(start_ns);
  points->add_class_index(static_cast<uint32_t>(state.class_index));
  points->add_probability(static_cast<float>(state.probability));
}

}  // namespace

LiveTimeline::LiveTimeline(const v1::ModelHead& model, int64_t grid_start_ns)
    : model_(model), grid_{grid_start_ns, model.hop_ns()} {
  if (model.has_timeline()) filter_.emplace(model.timeline());
}

absl::StatusOr<LiveTimeline> LiveTimeline::Start(GatewayEngine* engine, const StoredRun& run,
                                                 const std::string& subject,
                                                 const std::string& model, int64_t number) {
  auto newest = engine->store()->NewestStart(run.id, subject, model, number);
  if (!newest.ok()) return newest.status();
  WindowRange range;
  if (*newest) range = {**newest, **newest + 1, kWindowsRemembered, number};
  auto scores = engine->FindScores(run, subject, model, range);
  if (!scores.ok()) return scores.status();
  LiveTimeline live(scores->model, run.grid_start_ns);
  if (*newest) live.Add(scores->start_ns, scores->probabilities);  // else all came later
  return live;
}

v1::TimelinePoints LiveTimeline::Last() const {
  v1::TimelinePoints points;
  if (last_ns_) AddPoint(*last_ns_, last_, &points);
  return points;
}

v1::TimelinePoints LiveTimeline::Add(const std::vector<v1::Verdict>& verdicts) {
  std::vector<int64_t> start_ns;
  std::vector<float> probabilities;
  for (const v1::Verdict& verdict : verdicts) {
    const int64_t newest = start_ns.empty() ? last_ns_.value_or(INT64_MIN) : start_ns.back();
    if (verdict.window_start_ns() <= newest) continue;
    if (verdict.probabilities_size() != model_.classes_size()) continue;
    start_ns.push_back(verdict.window_start_ns());
    probabilities.insert(probabilities.end(), verdict.probabilities().begin(),
                         verdict.probabilities().end());
  }
  return Add(start_ns, probabilities);
}

v1::TimelinePoints LiveTimeline::Add(std::span<const int64_t> start_ns,
                                     const std::vector<float>& probabilities) {
  WindowScores scores;
  for (int64_t ns : start_ns) scores.window.push_back(grid_.IndexOf(ns));
  scores.probabilities = probabilities;
  const auto classes = static_cast<size_t>(model_.classes_size());
  const std::vector<SmoothedWindow> states =
      filter_ ? filter_->Add(scores) : UnsmoothedTimeline(classes, scores);
  v1::TimelinePoints points;
  for (size_t i = 0; i < states.size(); ++i) AddPoint(start_ns[i], states[i], &points);
  if (!states.empty()) {
    last_ns_ = start_ns.back();
    last_ = states.back();
  }
  return points;
}

}  // namespace silhouette
