#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "learn/data/dataset.h"

namespace silhouette {

// Row indices, ascending. A row of `test` is not in `training`, except in sample.
struct Fold {
  std::vector<size_t> training;
  std::vector<size_t> test;
};

// A way to tell training and test rows apart. No row is tested in two folds.
struct Split {
  std::string name;   // for programs, as "blocked"
  std::string title;  // for people, as "two neighbouring blocks left out"
  // Some test row has a neighbour in the training part, next to it or within the margin.
  bool leaks = false;
  std::vector<Fold> folds;
};

// How to split.
struct SplitOptions {
  size_t folds = 5;       // of a random split
  uint64_t seed = 1;      // of a random split
  size_t neighbours = 2;  // blocks left out at a time: where classes take turns block by block,
                          // two hold both
  // Folds of a split by blocks and by sources at the most: more blocks would train on hardly more.
  size_t most_folds = 10;
  size_t most_source_folds = std::numeric_limits<size_t>::max();
  // Windows before and behind a test row that know something of it; unset: the data's margin.
  // Splits that promise not to leak leave them out of the training part.
  std::optional<int64_t> margin = std::nullopt;
};

// The column whose marks the split of this name goes by; unset for a split of another kind.
std::optional<std::string> MarkedColumn(std::string_view split);
// Errors: INVALID_ARGUMENT naming the splits that MakeSplit knows.
absl::Status CheckSplitName(std::string_view split);

// Splits `rows` (ascending); neither part of a fold holds others. `name` is one of
//   random       a random share of the rows left out at a time, as published figures often do
//   column:NAME  the rows that column NAME marks; one fold
//   blocked      neighbouring blocks left out at a time, with a margin around them; the last fold
//                may have fewer. Of many blocks `most_folds` parts, neighbours together
//   by-source    one source left out at a time; simulated ones stay in the training part
//   in-sample    tested on the training rows themselves
// Equal options give equal folds on every machine. Errors: INVALID_ARGUMENT for another name, a
// column that was not read as a mark, data without blocks, and what makes less than two folds.
absl::StatusOr<Split> MakeSplit(const Dataset& data, std::span<const size_t> rows,
                                const std::string& name, const SplitOptions& options);
// The same with all rows.
absl::StatusOr<Split> MakeSplit(const Dataset& data, const std::string& name,
                                const SplitOptions& options);

// How to split a training part of a split of this name again, so that what is chosen inside is
// judged as the whole will be: as the split itself, but rows at random where a column marked them.
// By blocks where one source is left, and in sample as the data allows: by sources, blocks or rows.
// Five folds at the most. Errors: as MakeSplit.
absl::StatusOr<Split> MakeInnerSplit(const Dataset& data, std::span<const size_t> training,
                                     const std::string& name, const SplitOptions& options);

// No more than `most` of `rows`, evenly spread, as neighbours look alike; drawn by a fixed seed, as
// every n-th could fall in step with what takes turns.
std::vector<size_t> Thinned(std::span<const size_t> rows, size_t most);

}  // namespace silhouette
