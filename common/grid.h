#pragma once

#include <cstdint>

namespace silhouette {

// Event times within 146 years of 1970 leave room for the arithmetic of windows; files claim
// others.
inline constexpr int64_t kLastPlausibleNs = (int64_t{1} << 62) - 1;
inline bool IsPlausibleTime(int64_t time_ns) {
  return time_ns >= -kLastPlausibleNs && time_ns <= kLastPlausibleNs;
}

// Windows [start + k * length, start + (k + 1) * length) of event time; all in ns.
struct Grid {
  int64_t start_ns = 0;
  int64_t length_ns = 1;

  // Number of the window that holds `time_ns`; negative before the grid's start.
  int64_t IndexOf(int64_t time_ns) const {
    const int64_t offset = time_ns - start_ns;
    const int64_t index = offset / length_ns;
    return offset % length_ns < 0 ? index - 1 : index;
  }
  int64_t StartOf(int64_t index) const { return start_ns + index * length_ns; }
  // The grid edge at or before `time_ns`.
  int64_t EdgeBefore(int64_t time_ns) const { return StartOf(IndexOf(time_ns)); }
};

}  // namespace silhouette
