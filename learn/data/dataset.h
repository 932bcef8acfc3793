#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/schema.h"
#include "learn/data/csv.h"

namespace silhouette {

// Labelled windows. Those of one recording and subject follow each other in the order of time.
// Entry i of each list is about row i.
struct Dataset {
  std::vector<std::string> feature_names;
  std::vector<double> features;  // row-major, rows x feature_names
  std::vector<int> label;        // index into classes
  std::vector<std::string> classes;
  // What belongs together and must not be torn between training and test: a minute of a call, a
  // capture, a network. Empty where nobody said.
  std::vector<int64_t> block;
  // Number of the window on its grid, rising within a sequence.
  std::vector<int64_t> window;
  // Time from window to window on it, ns; 0 where no table said.
  int64_t hop_ns = 0;
  // Rows of one number are of one recording and subject; only such rows are neighbours.
  std::vector<size_t> sequence;
  std::vector<size_t> source;  // index into source_names
  std::vector<size_t> line;    // in its file, from 1; 0 where there is none
  std::vector<std::string> source_names;
  // By source: that it was made up. Empty where none was. What is judged by source is judged on the
  // others alone.
  std::vector<bool> simulated_sources;
  // Columns that mark test rows.
  struct Mark {
    std::string column;
    std::vector<bool> is_test;
  };
  std::vector<Mark> marks;
  // Windows before and behind one that know something of it: those of one horizon of the schema;
  // this many where it is not known, which are those of windows of 0.5 s and a horizon of 5 s.
  int64_t margin = 10;
  bool simulated = false;

  size_t rows() const { return label.size(); }
  bool IsSimulated(size_t i) const {
    return source[i] < simulated_sources.size() && simulated_sources[source[i]];
  }
  std::span<const double> row(size_t i) const {
    return std::span(features).subspan(i * feature_names.size(), feature_names.size());
  }
  // True when row `next` follows row `row` on the grid and in the data.
  bool AreNeighbours(size_t row, size_t next) const {
    return next == row + 1 && sequence[next] == sequence[row] && window[next] == window[row] + 1;
  }
};

// Which columns mean what.
struct DatasetColumns {
  // Holds a class by name, or by index when `classes` are given.
  std::string label = {};
  // Names of the classes in the order of their indices; empty means the label's texts, sorted.
  std::vector<std::string> classes = {};
  // Names the row's block within its file; empty means that there are none.
  std::string blocks = {};
  // Features by name; empty means each column that all files have and that nothing else is said of.
  std::vector<std::string> features = {};
  // Columns that are no features.
  std::vector<std::string> ignored = {};
  // Columns that hold 1 for a test row and 0 for a training row.
  std::vector<std::string> marks = {};
};

std::vector<size_t> AllRows(const Dataset& data);

// How many of `rows` are of each class, in their order.
std::vector<size_t> RowsByClass(const Dataset& data, std::span<const size_t> rows);

// Which features count a window's packets, as schemas and published tables name them; none: nobody
// counted.
struct PacketColumns {
  std::optional<size_t> in, out, all;
};
PacketColumns FindPacketColumns(const std::vector<std::string>& feature_names);

// Those of `rows` whose windows have packets: all, where no column counts them.
std::vector<size_t> SpeakingRows(const Dataset& data, std::span<const size_t> rows);

// Entries [begin, end) of a list of rows.
struct RowRange {
  size_t begin, end;
  size_t size() const { return end - begin; }
};
// The runs of `rows` (ascending) that are of one sequence, each a timeline.
std::vector<RowRange> SequencesOf(const Dataset& data, std::span<const size_t> rows);

// Errors: INVALID_ARGUMENT where a name is empty or there twice.
absl::Status CheckClassNames(const std::vector<std::string>& names);
// What keeps the classes from being told apart, as "no row is of class person"; empty where there
// are two or more and each has a row.
std::string ClassTrouble(const Dataset& data);

// The columns of a schema's features.
std::vector<std::string> FeatureColumns(const FeatureSchema& schema);

// The margin of a schema's windows of `length_ns`: one horizon.
int64_t MarginOf(const FeatureSchema& schema, int64_t length_ns);

// That no file is there twice, under whatever name: its rows would be training and test at once.
// Errors: INVALID_ARGUMENT naming both; as CheckReadableFile.
absl::Status CheckEachFileOnce(const std::vector<std::string>& paths);

// Each file as it is. Errors: as ReadCsv and CheckEachFileOnce; INVALID_ARGUMENT without a file.
absl::StatusOr<std::vector<CsvTable>> ReadTables(const std::vector<std::string>& paths);

// The data set of tables of windows, one source each. A column `window` gives the windows' numbers,
// or else `start_ns`, in steps of the least time between two; without both, rows are neighbours in
// order. A column `subject` tells subjects apart. These and start_s, end_s, start_ns, end_ns and
// partial are never features unless asked for by name. The margin is that of the schemas whose
// features are all there. Errors: INVALID_ARGUMENT naming file, line and column for a missing
// column, what is not a finite number that a 32-bit float holds, an unknown label and a class
// without a row.
absl::StatusOr<Dataset> MakeDataset(const std::vector<CsvTable>& tables,
                                    const DatasetColumns& columns);

// Both. Errors: as both.
absl::StatusOr<Dataset> ReadDataset(const std::vector<std::string>& paths,
                                    const DatasetColumns& columns);

}  // namespace silhouette
