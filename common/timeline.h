#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "silhouette/v1/model.pb.h"
#include "silhouette/v1/timeline.pb.h"

namespace silhouette {

// A part of a timeline says what the whole one does if so many windows before and behind it are
// looked at: chains of models forget within a few hundred.
inline constexpr int64_t kWindowsRemembered = 2000;

// The verdicts on one subject in window order.
struct WindowScores {
  // Number of each window on the grid, strictly increasing. A gap of n windows applies the
  // transition n times.
  std::vector<int64_t> window;
  // Row-major, windows x classes, as the model gave them; each row adds up to 1.
  std::vector<float> probabilities;
};

// The smoothed state at one window.
struct SmoothedWindow {
  size_t class_index;
  double probability;  // of that class, 0 to 1
};

// Errors: INVALID_ARGUMENT unless `model` has classes x classes transitions with rows that add up
// to 1, a positive prior for each class, evidence weights in (0, 1] or none, and a calibration with
// a positive slope and as many biases as classes, or none.
absl::Status CheckTimelineModel(const v1::TimelineModel& model, size_t classes);

// The probabilities after the model's calibration, row-major as they are. `model` must pass
// CheckTimelineModel, here and below.
std::vector<double> CalibratedProbabilities(const v1::TimelineModel& model,
                                            const WindowScores& scores);

// Each window's state from the windows up to it. A calibrated probability counts as a likelihood
// after division by the class's prior (scaled likelihood: Bourlard & Morgan 1994), raised to the
// model's evidence weight: the live one here, the other one below.
std::vector<SmoothedWindow> ForwardTimeline(const v1::TimelineModel& model,
                                            const WindowScores& scores);

// The same for windows that come bit by bit.
class ForwardFilter {
 public:
  explicit ForwardFilter(const v1::TimelineModel& model);
  ~ForwardFilter();
  ForwardFilter(ForwardFilter&&) noexcept;

  // The states of windows behind those that were added before.
  std::vector<SmoothedWindow> Add(const WindowScores& scores);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The most probable path through all windows (Viterbi 1967), each window with the probability of
// its state given all windows (forward-backward).
std::vector<SmoothedWindow> ViterbiTimeline(const v1::TimelineModel& model,
                                            const WindowScores& scores);

// Row-major, windows x classes: probability of each class given all windows (forward-backward).
std::vector<double> PosteriorTimeline(const v1::TimelineModel& model, const WindowScores& scores);

// For a model without a timeline: the most probable class of each window alone.
std::vector<SmoothedWindow> UnsmoothedTimeline(size_t classes, const WindowScores& scores);

// A run of neighbouring windows in one class; confidence is the mean probability.
struct TimelineSegment {
  size_t class_index;
  size_t first;  // index of the first window
  size_t count;  // windows
  double confidence;
};
// Joins neighbours of equal class. A gap of more than `max_gap` windows ends a segment.
std::vector<TimelineSegment> JoinSegments(const std::vector<SmoothedWindow>& states,
                                          std::span<const int64_t> window, int64_t max_gap);

}  // namespace silhouette
