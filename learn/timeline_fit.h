#pragma once

#include <cstddef>
#include <span>

#include "learn/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// Estimates a timeline from the labels of `rows` (indices into `data`, ascending). Two rows count
// as a transition only when their windows are neighbours on the grid: across a hole where rows
// were taken out, nobody knows when the class changed. All counts start at one (Laplace), so that
// what was never seen stays possible.
v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows);

// True when row `next` follows row `row` on the grid and in the data.
bool AreNeighbours(const Dataset& data, size_t row, size_t next);

}  // namespace silhouette
