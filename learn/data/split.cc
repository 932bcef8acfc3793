#include "learn/data/split.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

constexpr std::string_view kColumn = "column:";
constexpr uint64_t kThinningSeed = 1;
// Inside a training part, where each fold is trained on for each choice.
constexpr size_t kMostInnerFolds = 5;

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

// For each row of `rows`, whether a row of `others` of its sequence lies within the margin. Both
// ascend, so that windows rise within a sequence.
std::vector<bool> AreNear(const Dataset& data, std::span<const size_t> rows,
                          std::span<const size_t> others, int64_t margin) {
  const auto is_before = [&](size_t other, size_t row) {
    if (data.sequence[other] != data.sequence[row]) return other < row;
    return data.window[other] < data.window[row] - margin;
  };
  std::vector<bool> near(rows.size());
  size_t next = 0;  // the first of others that is not too far before
  for (size_t i = 0; i < rows.size(); ++i) {
    while (next < others.size() && is_before(others[next], rows[i])) ++next;
    near[i] = next < others.size() && data.sequence[others[next]] == data.sequence[rows[i]] &&
              data.window[others[next]] <= data.window[rows[i]] + margin;
  }
  return near;
}

void LeaveOutMargins(const Dataset& data, int64_t margin, Split* split) {
  for (Fold& fold : split->folds) {
    const std::vector<bool> near = AreNear(data, fold.training, fold.test, margin);
    size_t kept = 0;
    for (size_t i = 0; i < near.size(); ++i) {
      if (!near[i]) fold.training[kept++] = fold.training[i];
    }
    fold.training.resize(kept);
  }
}

bool Leaks(const Dataset& data, int64_t margin, const Split& split) {
  return std::any_of(split.folds.begin(), split.folds.end(), [&](const Fold& fold) {
    const std::vector<bool> near = AreNear(data, fold.test, fold.training, margin);
    return std::find(near.begin(), near.end(), true) != near.end();
  });
}

Split RandomRowsOut(std::span<const size_t> rows, const SplitOptions& options) {
  std::vector<size_t> group(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) group[i] = i % options.folds;
  // Fisher-Yates by hand: std::shuffle may differ from library to library.
  std::mt19937_64 random(options.seed);
  for (size_t i = rows.size(); i > 1; --i) std::swap(group[i - 1], group[random() % i]);
  Split split;
  split.title = absl::StrCat("random 1/", options.folds, " of the windows left out");
  split.folds = FoldsOfGroups(rows, group, options.folds);
  return split;
}

absl::StatusOr<Split> MarkedRowsOut(const Dataset& data, std::span<const size_t> rows,
                                    const std::string& column) {
  const auto mark = std::find_if(data.marks.begin(), data.marks.end(),
                                 [&](const auto& m) { return m.column == column; });
  if (mark == data.marks.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("column \"", column, "\" was not read as one that marks test rows"));
  }
  Split split;
  split.title = absl::StrCat("the rows that ", column, " marks left out");
  Fold& fold = split.folds.emplace_back();
  for (size_t row : rows) (mark->is_test[row] ? fold.test : fold.training).push_back(row);
  if (!fold.test.empty() && !fold.training.empty()) return split;
  return absl::InvalidArgumentError(absl::StrCat("column ", column, " marks ",
                                                 fold.test.empty() ? "no row" : "all rows",
                                                 "; write 1 for a test row and 0 for others"));
}

// Groups of `count` values each, in the order in which the values appear; where they are more than
// `most`, several neighbouring ones in a fold.
template <typename Value>
absl::StatusOr<Split> GroupsOut(std::span<const size_t> rows, const std::vector<Value>& value_of,
                                size_t count, size_t most, const char* what) {
  std::map<Value, size_t> places;
  std::vector<size_t> group;
  for (size_t row : rows) {
    group.push_back(places.try_emplace(value_of[row], places.size()).first->second / count);
  }
  size_t groups = (places.size() + count - 1) / count;
  if (groups < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        places.size(), " ", what, "(s) in the data; leaving ", count,
        " out needs more, so that some are left to learn from: give smaller ones or more data"));
  }
  Split split;
  split.title = count == 1   ? absl::StrCat("one ", what, " left out")
                : count == 2 ? absl::StrCat("two neighbouring ", what, "s left out")
                             : absl::StrCat(count, " neighbouring ", what, "s left out");
  if (groups > most) {
    const size_t together = (groups + most - 1) / most;
    for (size_t& number : group) number /= together;
    groups = (groups + together - 1) / together;
    split.title = absl::StrCat("1/", groups, " of the ", what, "s left out, neighbours together");
  }
  split.folds = FoldsOfGroups(rows, group, groups);
  return split;
}

absl::StatusOr<Split> BlocksOut(const Dataset& data, std::span<const size_t> rows,
                                const SplitOptions& options) {
  if (data.block.empty()) {
    return absl::InvalidArgumentError(
        "no blocks to leave out; name the column that says which windows belong together");
  }
  return GroupsOut(rows, data.block, options.neighbours, options.most_folds, "block");
}

// Simulated sources are always in the training part, and never judged by.
absl::StatusOr<Split> SourcesOut(const Dataset& data, std::span<const size_t> rows,
                                 const SplitOptions& options) {
  std::vector<size_t> recorded, simulated;
  for (size_t row : rows) (data.IsSimulated(row) ? simulated : recorded).push_back(row);
  absl::StatusOr<Split> split =
      GroupsOut(recorded, data.source, 1, options.most_source_folds, "file");
  if (!split.ok()) return split;
  split->title = "one source left out";
  for (Fold& fold : split->folds) {
    std::vector<size_t> both;
    std::merge(fold.training.begin(), fold.training.end(), simulated.begin(), simulated.end(),
               std::back_inserter(both));
    fold.training = std::move(both);
  }
  return split;
}

absl::StatusOr<Split> SplitByName(const Dataset& data, std::span<const size_t> rows,
                                  const std::string& name, const SplitOptions& options) {
  if (name == "random") return RandomRowsOut(rows, options);
  if (name == "blocked") return BlocksOut(data, rows, options);
  if (name == "by-source") {
    return SourcesOut(data, rows, options);
  }
  if (name == "in-sample") {
    const std::vector<size_t> all(rows.begin(), rows.end());
    return Split{"", "in sample", true, {{all, all}}};
  }
  if (const auto column = MarkedColumn(name)) return MarkedRowsOut(data, rows, *column);
  return CheckSplitName(name);
}

}  // namespace

std::optional<std::string> MarkedColumn(std::string_view split) {
  if (!split.starts_with(kColumn) || split == kColumn) return std::nullopt;
  return std::string(split.substr(kColumn.size()));
}

absl::Status CheckSplitName(std::string_view split) {
  for (std::string_view name : {"random", "blocked", "by-source", "in-sample"}) {
    if (split == name) return absl::OkStatus();
  }
  if (MarkedColumn(split)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(split),
                   "\" is no split; use random, column:NAME, blocked, by-source or in-sample"));
}

absl::StatusOr<Split> MakeSplit(const Dataset& data, std::span<const size_t> rows,
                                const std::string& name, const SplitOptions& options) {
  absl::StatusOr<Split> split = SplitByName(data, rows, name, options);
  if (!split.ok()) return split;
  split->name = name;
  const int64_t margin = options.margin.value_or(data.margin);
  if (name == "blocked" || name == "by-source") LeaveOutMargins(data, margin, &*split);
  split->leaks = Leaks(data, std::max<int64_t>(margin, 1), *split);
  return split;
}

absl::StatusOr<Split> MakeSplit(const Dataset& data, const std::string& name,
                                const SplitOptions& options) {
  return MakeSplit(data, AllRows(data), name, options);
}

absl::StatusOr<Split> MakeInnerSplit(const Dataset& data, std::span<const size_t> training,
                                     const std::string& name, const SplitOptions& options) {
  SplitOptions inner = options;
  for (size_t* folds : {&inner.folds, &inner.most_folds, &inner.most_source_folds}) {
    *folds = std::min(*folds, kMostInnerFolds);
  }
  if (name == "by-source" || name == "in-sample") {
    absl::StatusOr<Split> split = MakeSplit(data, training, "by-source", inner);
    if (split.ok()) return split;
  }
  const bool blocked = name != "random" && !MarkedColumn(name);
  absl::StatusOr<Split> split =
      MakeSplit(data, training, blocked && !data.block.empty() ? "blocked" : "random", inner);
  // Only where blocks were left out of the rows, a margin around them was too.
  const bool has_margin = name == "blocked" && training.size() < data.rows();
  if (split.ok() || !has_margin) return split;
  return absl::Status(
      split.status().code(),
      absl::StrCat(split.status().message(), ". These are what a margin of ",
                   options.margin.value_or(data.margin),
                   " windows around those left out leaves of the training part: longer recordings, "
                   "more of them or a schema that looks back less help"));
}

std::vector<size_t> Thinned(std::span<const size_t> rows, size_t most) {
  if (rows.size() <= most) return {rows.begin(), rows.end()};
  std::mt19937_64 random(kThinningSeed);
  std::vector<size_t> thinned;
  for (size_t i = 0; i < most; ++i) {
    const size_t begin = i * rows.size() / most;
    const size_t end = (i + 1) * rows.size() / most;
    thinned.push_back(rows[begin + random() % (end - begin)]);
  }
  return thinned;
}

}  // namespace silhouette
