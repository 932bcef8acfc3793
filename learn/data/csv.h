#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace silhouette {

struct CsvRow {
  size_t line = 0;  // in the file, from 1
  std::vector<std::string> cells;
};

// A CSV file as text. Lines that start with '#' are comments and blank lines are skipped, wherever
// they stand; the first other line is the header, and each row has as many cells as it. A cell may
// be quoted, with "" for a quote, within its line. CRLF and a UTF-8 byte order mark are accepted.
struct CsvTable {
  std::string path;
  std::vector<std::string> comments;  // with their '#'
  CsvRow header;
  std::vector<CsvRow> rows;

  // True when a comment starts with "# simulated": the file tells of no real event.
  bool simulated() const;

  // Index of the column of this name. Errors: INVALID_ARGUMENT naming the columns there are.
  absl::StatusOr<size_t> Column(std::string_view name) const;
  // Errors: INVALID_ARGUMENT for what is not a finite decimal number.
  absl::StatusOr<double> Number(const CsvRow& row, size_t column) const;
  // Errors: INVALID_ARGUMENT for what is not a 64-bit integer.
  absl::StatusOr<int64_t> Integer(const CsvRow& row, size_t column) const;
  // INVALID_ARGUMENT "calls.csv:7: column size_mean: <what>".
  absl::Status CellError(const CsvRow& row, size_t column, std::string_view what) const;
};

// Errors: as CheckReadableFile; INVALID_ARGUMENT naming file, line and remedy for a file without a
// header, text that is not UTF-8, a row of another width and a quote that does not end.
absl::StatusOr<CsvTable> ReadCsv(const std::string& path);

}  // namespace silhouette
