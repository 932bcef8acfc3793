#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/timeline.h"
#include "learn/data/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// What a model said of windows it had not seen, in the order of one recording, and what was so.
struct LeftOutSequence {
  WindowScores scores;
  std::vector<size_t> truth;  // class of each window
};

// Windows that a timeline names rightly.
size_t CountHits(std::span<const SmoothedWindow> states, std::span<const size_t> truth);

// The share of independent evidence in each window's score: (1 - r) / (1 + r), where r is the
// correlation of neighbouring windows' log probabilities (centred over the classes) while the truth
// stays what it is. It is the effective sample size of a first-order autoregressive series
// (Bartlett 1935; Thiebaux & Zwiers 1984). Taken from windows that the model has not seen. 1 when
// there are none, or when neighbours do not look alike.
double FitEvidenceWeight(std::span<const LeftOutSequence> sequences);

// Transitions and priors from the labels of `rows` (indices into `data`, ascending). Two rows count
// as a transition only when their windows are neighbours on the grid: across a hole where rows
// were taken out, nobody knows when the class changed. All counts start at one (Laplace), so that
// what was never seen stays possible.
v1::TimelineModel FitTransitions(const Dataset& data, std::span<const size_t> rows);

// The whole timeline: transitions as above, and from `left_out` the calibration and both evidence
// weights: of FitEvidenceWeight's, twice that and so on, and 1, the one with which most left-out
// windows are rightly named, finished and live, of equal ones the middle one. Without `left_out`
// the transitions alone.
v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows,
                              std::vector<LeftOutSequence> left_out);

}  // namespace silhouette
