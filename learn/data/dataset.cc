#include "learn/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "learn/data/csv.h"

namespace silhouette {
namespace {

absl::StatusOr<std::vector<std::string>> ClassNames(const CsvTable& table, size_t label_column,
                                                    const std::vector<std::string>& asked) {
  std::set<std::string> names(asked.begin(), asked.end());
  if (names.size() != asked.size() || names.contains("")) {
    return absl::InvalidArgumentError(absl::StrCat("classes ", absl::StrJoin(asked, ","),
                                                   ": a name is empty or there twice; "
                                                   "give each class a name of its own"));
  }
  if (!asked.empty()) return asked;
  for (const CsvRow& row : table.rows) names.insert(row.cells[label_column]);
  names.erase("");  // an error of its row
  return std::vector<std::string>(names.begin(), names.end());
}

absl::Status AddLabel(const CsvTable& table, const CsvRow& row, size_t column, Dataset* data) {
  const std::string& cell = row.cells[column];
  if (cell.empty()) return table.CellError(row, column, "empty label; name the window's class");
  const auto named = std::find(data->classes.begin(), data->classes.end(), cell);
  auto index = static_cast<size_t>(named - data->classes.begin());
  if (named == data->classes.end() &&
      (!absl::SimpleAtoi(cell, &index) || index >= data->classes.size())) {
    return table.CellError(
        row, column,
        absl::StrCat("\"", cell, "\" is no class; write ", absl::StrJoin(data->classes, ", "),
                     " or an index from 0 to ", data->classes.size() - 1));
  }
  data->label.push_back(static_cast<int>(index));
  return absl::OkStatus();
}

absl::Status AddFeatures(const CsvTable& table, const CsvRow& row,
                         const std::vector<size_t>& columns, Dataset* data) {
  for (size_t column : columns) {
    const absl::StatusOr<double> value = table.Number(row, column);
    if (!value.ok()) return value.status();
    // The trees compare 32-bit floats.
    if (std::abs(*value) > std::numeric_limits<float>::max()) {
      return table.CellError(row, column,
                             absl::StrCat(row.cells[column], " is too large; check its unit"));
    }
    data->features.push_back(*value);
  }
  return absl::OkStatus();
}

absl::Status CheckClasses(const CsvTable& table, size_t label_column, const Dataset& data) {
  const std::string& name = table.header.cells[label_column];
  if (data.rows() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(table.path, ":", table.header.line,
                                                   ": no rows after the header; add windows"));
  }
  std::vector<size_t> rows(data.classes.size(), 0);
  for (int label : data.label) ++rows[static_cast<size_t>(label)];
  const auto missing = std::find(rows.begin(), rows.end(), 0U);
  if (data.classes.size() >= 2 && missing == rows.end()) return absl::OkStatus();
  const std::string what =
      data.classes.size() < 2
          ? absl::StrCat("all rows are of class ", data.classes[0])
          : absl::StrCat("no row is of class ",
                         data.classes[static_cast<size_t>(missing - rows.begin())]);
  return absl::InvalidArgumentError(
      absl::StrCat(table.path, ":", table.rows.front().line, " to ", table.rows.back().line,
                   ": column ", name, ": ", what, "; give rows of two classes or more, all named"));
}

}  // namespace

absl::StatusOr<Dataset> ReadDataset(const std::string& path, const FeatureSchema& schema,
                                    const DatasetColumns& columns) {
  const absl::StatusOr<CsvTable> table = ReadCsv(path);
  if (!table.ok()) return table.status();
  Dataset data;
  data.simulated = table->simulated();
  std::vector<size_t> feature_columns;
  for (const Feature& feature : schema.features) {
    const absl::StatusOr<size_t> column = table->Column(feature.name);
    if (!column.ok()) return column.status();
    feature_columns.push_back(*column);
    data.feature_names.push_back(feature.name);
  }
  const absl::StatusOr<size_t> label = table->Column(columns.label);
  if (!label.ok()) return label.status();
  const absl::StatusOr<size_t> blocks = table->Column(columns.blocks);
  if (!blocks.ok()) return blocks.status();
  const absl::StatusOr<size_t> window = table->Column("window");
  absl::StatusOr<std::vector<std::string>> classes = ClassNames(*table, *label, columns.classes);
  if (!classes.ok()) return classes.status();
  data.classes = *std::move(classes);

  for (const CsvRow& row : table->rows) {
    if (absl::Status s = AddFeatures(*table, row, feature_columns, &data); !s.ok()) return s;
    if (absl::Status s = AddLabel(*table, row, *label, &data); !s.ok()) return s;
    const absl::StatusOr<int64_t> block = table->Integer(row, *blocks);
    if (!block.ok()) return block.status();
    data.block.push_back(*block);
    data.window.push_back(static_cast<int64_t>(data.window.size()));
    if (!window.ok()) continue;
    const absl::StatusOr<int64_t> number = table->Integer(row, *window);
    if (!number.ok()) return number.status();
    data.window.back() = *number;
  }
  if (absl::Status s = CheckClasses(*table, *label, data); !s.ok()) return s;
  return data;
}

}  // namespace silhouette
