#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/timeline.h"
#include "learn/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// Estimates a timeline from the labels of `rows` (indices into `data`, ascending). Two rows count
// as a transition only when their windows are neighbours on the grid: across a hole where rows
// were taken out, nobody knows when the class changed. All counts start at one (Laplace), so that
// what was never seen stays possible.
v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows);

// What a model said of windows it had not seen, in the order of one recording, and what was so.
struct LeftOutSequence {
  v1::TimelineModel timeline;  // fitted without these windows
  WindowScores scores;
  std::vector<size_t> truth;  // class of each window
};

// The evidence weight, of a small grid, with the least log loss of the posterior probability
// (forward-backward) of the true class: the probability that people are shown. It must be fitted on
// windows that the model has not seen; on those it has, its probabilities look better than they
// are. 1 when there are none.
double FitEvidenceWeight(std::span<const LeftOutSequence> sequences);

// True when row `next` follows row `row` on the grid and in the data.
bool AreNeighbours(const Dataset& data, size_t row, size_t next);

}  // namespace silhouette
