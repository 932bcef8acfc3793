#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"

namespace silhouette {

// Row indices, ascending. A row of `test` is not in `training`, except in sample.
struct Fold {
  std::vector<size_t> training;
  std::vector<size_t> test;
};

// A way to tell training and test rows apart. Each row that was split is tested in exactly one
// fold.
struct Split {
  std::string name;
  bool leaks = false;  // neighbours of test windows are in the training part
  std::vector<Fold> folds;
};

// Leaves out `count` blocks at a time that follow each other in the data; the last fold may have
// fewer. Errors: INVALID_ARGUMENT when that makes less than two folds.
absl::StatusOr<Split> NeighbouringBlocksOut(const Dataset& data, size_t count);
// The same with `rows` (ascending) alone: neither training nor test parts hold others.
absl::StatusOr<Split> NeighbouringBlocksOut(const Dataset& data, std::span<const size_t> rows,
                                            size_t count);

// Leaves out a random 1/folds at a time, as published figures often do. Leaks, because neighbouring
// windows look alike. Equal seeds give equal folds on every machine.
Split RandomRowsOut(const Dataset& data, size_t folds, uint64_t seed);

// Tests on the training rows themselves. Leaks.
Split InSample(const Dataset& data);

}  // namespace silhouette
