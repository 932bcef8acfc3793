#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// What was so from start to end (exclusive), ns.
struct TruthInterval {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  std::string label;
  size_t line = 0;  // in the file, from 1
};

// What really happened, as intervals with labels. They are disjoint and sorted; between them
// nothing is known.
struct Truth {
  std::vector<TruthInterval> intervals;
  // True when the times count from the Unix epoch, false when they count from the grid edge at or
  // before the origin's first packet.
  bool absolute = false;
  std::vector<std::string> comments;  // with their '#'
  // True when a comment starts with "# simulated".
  bool simulated = false;

  // The interval that holds an event time, or null between intervals. `origin_edge_ns` is the grid
  // edge at or before the origin's first packet; it does not matter to absolute truth.
  const TruthInterval* IntervalAt(int64_t time_ns, int64_t origin_edge_ns) const;
  // Its label. A window takes the label at its middle.
  std::optional<std::string> LabelAt(int64_t time_ns, int64_t origin_edge_ns) const;
};

// "60.5" is exactly 60500000000 ns. Errors: INVALID_ARGUMENT for what is not a plain decimal
// number, is finer than a nanosecond or does not fit.
absl::StatusOr<int64_t> ParseSecondsExactly(std::string_view text);

// Reads a CSV file with the header start_s,end_s,label (decimal seconds) or start_ns,end_ns,label
// (integer nanoseconds since the Unix epoch). Errors: as CheckReadableFile; INVALID_ARGUMENT in one
// line that names file, line, reason and remedy.
absl::StatusOr<Truth> ReadTruth(const std::string& path);

// A truth as text that ReadTruth reads back as the same, but for the numbers of the lines. Comments
// are lines that begin with '#'.
std::string FormatTruth(const Truth& truth);

}  // namespace silhouette
