#pragma once

#include <cstdint>
#include <vector>

namespace silhouette {

// One packet in a window.
struct Sample {
  int64_t time_ns;
  uint32_t wire_bytes;
  bool outbound;
};

// What a feature may look at: the window's packets, and when the subject's packet before them was.
struct WindowInput {
  const std::vector<Sample>* samples;  // sorted by time; packets of one time in order of arrival
  // Time of the subject's last packet before the window, at most a horizon before its start.
  bool has_previous;
  int64_t previous_ns;
};

}  // namespace silhouette
