#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/schema.h"

namespace silhouette {

// Labelled windows in the order of time. Entry i of each list is about row i.
struct Dataset {
  std::vector<std::string> feature_names;
  std::vector<double> features;  // row-major, rows x feature_names
  std::vector<int> label;        // index into classes
  // What belongs together and must not be torn between training and test: a stretch of one call, a
  // capture, a network.
  std::vector<int64_t> block;
  // Number of the window on its grid. Rows i and i + 1 are neighbours in time when it grows by one.
  std::vector<int64_t> window;
  std::vector<std::string> classes;
  bool simulated = false;

  size_t rows() const { return label.size(); }
  std::span<const double> row(size_t i) const {
    return std::span(features).subspan(i * feature_names.size(), feature_names.size());
  }
};

// Which columns mean what.
struct DatasetColumns {
  // Holds a class by name, or by index when `classes` are given.
  std::string label;
  // Names of the classes in the order of their indices; empty means the label's texts, sorted.
  std::vector<std::string> classes;
  // Holds the number of the row's block.
  std::string blocks;
};

// Reads a table of windows: a column for each feature of the schema, by name, the label and the
// blocks. A column `window` gives the windows' numbers; without it, rows are neighbours in order.
// Errors: as ReadCsv; INVALID_ARGUMENT naming file, line and column for a missing column, what is
// not a finite number that a 32-bit float holds, an unknown label and a class without a row.
absl::StatusOr<Dataset> ReadDataset(const std::string& path, const FeatureSchema& schema,
                                    const DatasetColumns& columns);

}  // namespace silhouette
