#include "learn/evaluation/timeline_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "learn/evaluation/calibration.h"

namespace silhouette {
namespace {

// Scores that differ by a tenth say the same. Such a difference in the log probability is taken for
// independent noise, so that a model that is sure of everything is not held for one that repeats
// itself.
constexpr double kIndependentVariance = 0.1 * 0.1;
constexpr double kSmallest = 1e-6;  // a score of 0 must not be infinitely far from the others

// log p of each class less the mean over the classes, row-major: what a score says, whatever the
// number of classes.
std::vector<double> CentredLogs(const WindowScores& scores, size_t classes) {
  std::vector<double> logs;
  for (float p : scores.probabilities) logs.push_back(std::log(std::max<double>(p, kSmallest)));
  for (size_t row = 0; row < logs.size(); row += classes) {
    const auto values = std::span(logs).subspan(row, classes);
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(classes);
    for (double& value : values) value -= mean;
  }
  return logs;
}

// Sums over pairs of neighbouring windows, from which the correlation follows.
struct LagSums {
  double product = 0;  // of neighbours
  double square = 0;   // of each window
};

// Adds the windows [first, end), over which the truth stays what it is.
void AddStretch(std::span<const double> logs, size_t classes, size_t first, size_t end,
                LagSums* sums) {
  for (size_t c = 0; c < classes; ++c) {
    double mean = 0;
    for (size_t t = first; t < end; ++t) mean += logs[t * classes + c];
    mean /= static_cast<double>(end - first);
    for (size_t t = first; t < end; ++t) {
      const double here = logs[t * classes + c] - mean;
      sums->square += here * here + kIndependentVariance;
      if (t + 1 < end) sums->product += here * (logs[(t + 1) * classes + c] - mean);
    }
  }
}

using Smooth = std::vector<SmoothedWindow> (*)(const v1::TimelineModel&, const WindowScores&);
size_t HitsOf(const v1::TimelineModel& timeline, std::span<const LeftOutSequence> sequences,
              Smooth smooth) {
  size_t hits = 0;
  for (const LeftOutSequence& sequence : sequences) {
    hits += CountHits(smooth(timeline, sequence.scores), sequence.truth);
  }
  return hits;
}

// Of `least`, twice that and so on up to 1: the one with most hits. Of several, the middle one: the
// least may be the last before a timeline that never changes.
template <typename Hits>
double BestWeight(double least, Hits hits_with) {
  std::vector<double> best;
  size_t best_hits = 0;
  for (double weight = least;; weight = std::min(2 * weight, 1.0)) {
    const size_t hits = hits_with(weight);
    if (hits > best_hits || best.empty()) best.clear();
    if (hits >= best_hits) best.push_back(weight);
    best_hits = std::max(best_hits, hits);
    if (weight == 1) return best[(best.size() - 1) / 2];
  }
}

void SetCalibration(std::span<const LeftOutSequence> sequences, size_t classes,
                    v1::TimelineModel* timeline) {
  std::vector<double> probabilities;
  std::vector<size_t> truth;
  for (const LeftOutSequence& sequence : sequences) {
    const auto& stated = sequence.scores.probabilities;
    probabilities.insert(probabilities.end(), stated.begin(), stated.end());
    truth.insert(truth.end(), sequence.truth.begin(), sequence.truth.end());
  }
  const Calibration calibration = FitCalibration(probabilities, truth, classes);
  timeline->set_calibration_slope(calibration.slope);
  timeline->mutable_calibration_bias()->Assign(calibration.bias.begin(), calibration.bias.end());
}

}  // namespace

size_t CountHits(std::span<const SmoothedWindow> states, std::span<const size_t> truth) {
  size_t hits = 0;
  for (size_t t = 0; t < states.size(); ++t) hits += states[t].class_index == truth[t] ? 1 : 0;
  return hits;
}

v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows,
                              std::vector<LeftOutSequence> left_out) {
  v1::TimelineModel timeline = FitTransitions(data, rows);
  if (left_out.empty()) return timeline;
  SetCalibration(left_out, data.classes.size(), &timeline);
  const double least = FitEvidenceWeight(left_out);
  timeline.set_evidence_weight(BestWeight(least, [&](double weight) {
    timeline.set_evidence_weight(weight);
    return HitsOf(timeline, left_out, &ViterbiTimeline);
  }));
  timeline.set_live_evidence_weight(BestWeight(least, [&](double weight) {
    timeline.set_live_evidence_weight(weight);
    return HitsOf(timeline, left_out, &ForwardTimeline);
  }));
  return timeline;
}

v1::TimelineModel FitTransitions(const Dataset& data, std::span<const size_t> rows) {
  const size_t classes = data.classes.size();
  const auto label = [&data](size_t row) { return static_cast<size_t>(data.label[row]); };
  std::vector<double> seen(classes, 1);
  std::vector<double> steps(classes * classes, 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    ++seen[label(rows[i])];
    if (i > 0 && data.AreNeighbours(rows[i - 1], rows[i])) {
      ++steps[label(rows[i - 1]) * classes + label(rows[i])];
    }
  }
  v1::TimelineModel timeline;
  for (size_t from = 0; from < classes; ++from) {
    double total = 0;
    for (size_t to = 0; to < classes; ++to) total += steps[from * classes + to];
    for (size_t to = 0; to < classes; ++to) {
      timeline.add_transition(steps[from * classes + to] / total);
    }
    timeline.add_prior(seen[from] / static_cast<double>(rows.size() + classes));
  }
  return timeline;
}

double FitEvidenceWeight(std::span<const LeftOutSequence> sequences) {
  LagSums sums;
  for (const LeftOutSequence& sequence : sequences) {
    const size_t windows = sequence.truth.size();
    if (windows == 0) continue;
    const size_t classes = sequence.scores.probabilities.size() / windows;
    const std::vector<double> logs = CentredLogs(sequence.scores, classes);
    size_t first = 0;
    for (size_t t = 1; t <= windows; ++t) {
      const bool goes_on = t < windows && sequence.truth[t] == sequence.truth[first] &&
                           sequence.scores.window[t] == sequence.scores.window[t - 1] + 1;
      if (goes_on) continue;
      AddStretch(logs, classes, first, t, &sums);
      first = t;
    }
  }
  if (sums.product <= 0) return 1;
  const double correlation = sums.product / sums.square;
  return (1 - correlation) / (1 + correlation);
}

}  // namespace silhouette
