#include "learn/timeline_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace silhouette {
namespace {

// One number from few blocks: finer steps would fit those blocks, not the next call. It ends where
// the timeline becomes too slow to be of use, which recordings of long visits don't show: at 0.08
// it overlooks a visit of 22 s in the simulated sample.
constexpr double kWeights[] = {1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12};
constexpr double kSmallest = 1e-9;  // a window that is wholly wrong must not decide alone

// Log loss of the true classes, summed over the windows.
double LogLoss(std::span<const LeftOutSequence> sequences, double weight) {
  double loss = 0;
  for (const LeftOutSequence& sequence : sequences) {
    v1::TimelineModel timeline = sequence.timeline;
    timeline.set_evidence_weight(weight);
    const std::vector<double> posterior = PosteriorTimeline(timeline, sequence.scores);
    const auto classes = static_cast<size_t>(timeline.prior_size());
    for (size_t t = 0; t < sequence.truth.size(); ++t) {
      loss -= std::log(std::max(posterior[t * classes + sequence.truth[t]], kSmallest));
    }
  }
  return loss;
}

}  // namespace

bool AreNeighbours(const Dataset& data, size_t row, size_t next) {
  return next == row + 1 && data.window[next] == data.window[row] + 1;
}

v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows) {
  const size_t classes = data.classes.size();
  const auto label = [&data](size_t row) { return static_cast<size_t>(data.label[row]); };
  std::vector<double> seen(classes, 1);
  std::vector<double> steps(classes * classes, 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    ++seen[label(rows[i])];
    if (i > 0 && AreNeighbours(data, rows[i - 1], rows[i])) {
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
  double best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (double weight : kWeights) {
    const double loss = LogLoss(sequences, weight);
    if (loss >= least) continue;
    best = weight;
    least = loss;
  }
  return best;
}

}  // namespace silhouette
