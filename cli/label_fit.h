#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "learn/data/truth.h"

namespace silhouette {

// From `from_ns` to `to_ns` (exclusive), ns since the Unix epoch.
struct TimeSpan {
  int64_t from_ns = 0;
  int64_t to_ns = 0;

  int64_t length_ns() const { return to_ns - from_ns; }
};

// When a capture's packets came.
struct CaptureTimes {
  // False, and nothing is taken: the clock of the capture has jumped.
  bool Add(int64_t time_ns);

  uint64_t packets = 0;
  int64_t first_packet_ns = 0;  // of the first in the capture; the times of others may be earlier
  TimeSpan span;                // from the earliest packet to the latest, and 1 ns
};

// How the times of a truth and of a capture lie to each other.
struct TruthFit {
  bool absolute = false;
  bool simulated = false;
  size_t intervals = 0;
  TimeSpan capture;
  TimeSpan truth;       // from the first interval to the last
  int64_t zero_ns = 0;  // what a truth's times that are not absolute count from
  std::map<std::string, int64_t> labelled_ns;  // of the capture; a label without any is there too
  int64_t overlap_ns = 0;                      // all of them
  std::vector<TimeSpan> unlabelled;            // of the capture, in order
  int64_t truth_ns = 0;                        // all intervals
  int64_t truth_before_ns = 0;                 // of them, before the capture
  int64_t truth_after_ns = 0;
};
TruthFit FitTruth(const Truth& truth, const CaptureTimes& capture);

// What deserves a look although they overlap; each in one line.
std::vector<std::string> FitWarnings(const TruthFit& fit);
// FAILED_PRECONDITION when they do not overlap: both spans, and what may be the cause.
absl::Status CheckOverlap(const TruthFit& fit, const std::string& truth_file,
                          const std::string& capture_file);

// "2024-05-03 14:00:00 to 14:10:00 UTC".
std::string FormatSpan(const TimeSpan& span);

}  // namespace silhouette
