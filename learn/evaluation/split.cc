#include "learn/evaluation/split.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// One fold for each group number; group[i] is that of rows[i].
std::vector<Fold> FoldsOfGroups(std::span<const size_t> rows, const std::vector<size_t>& group,
                                size_t groups) {
  std::vector<Fold> folds(groups);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t g = 0; g < groups; ++g) {
      (g == group[i] ? folds[g].test : folds[g].training).push_back(rows[i]);
    }
  }
  return folds;
}

std::vector<size_t> AllRows(const Dataset& data) {
  std::vector<size_t> all(data.rows());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

absl::StatusOr<Split> NeighbouringBlocksOut(const Dataset& data, size_t count) {
  return NeighbouringBlocksOut(data, AllRows(data), count);
}

absl::StatusOr<Split> NeighbouringBlocksOut(const Dataset& data, std::span<const size_t> rows,
                                            size_t count) {
  std::vector<int64_t> order;
  std::vector<size_t> group;
  for (size_t row : rows) {
    const auto place = std::find(order.begin(), order.end(), data.block[row]) - order.begin();
    if (static_cast<size_t>(place) == order.size()) order.push_back(data.block[row]);
    group.push_back(static_cast<size_t>(place) / count);
  }
  const size_t groups = (order.size() + count - 1) / count;
  if (groups < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        order.size(), " blocks in the data; leaving ", count,
        " out needs more, so that some are left to learn from: give smaller blocks or more data"));
  }
  Split split;
  split.name = count == 1   ? "one block left out"
               : count == 2 ? "two neighbouring blocks left out"
                            : absl::StrCat(count, " neighbouring blocks left out");
  split.folds = FoldsOfGroups(rows, group, groups);
  return split;
}

Split RandomRowsOut(const Dataset& data, size_t folds, uint64_t seed) {
  std::vector<size_t> group_of_row(data.rows());
  for (size_t row = 0; row < data.rows(); ++row) group_of_row[row] = row % folds;
  // Fisher-Yates by hand: std::shuffle may differ from library to library.
  std::mt19937_64 random(seed);
  for (size_t i = data.rows(); i > 1; --i)
    std::swap(group_of_row[i - 1], group_of_row[random() % i]);
  return {absl::StrCat("random 1/", folds, " of the windows left out"), true,
          FoldsOfGroups(AllRows(data), group_of_row, folds)};
}

Split InSample(const Dataset& data) {
  const std::vector<size_t> all = AllRows(data);
  return {"in sample", true, {{all, all}}};
}

}  // namespace silhouette
