#include "learn/simulate/call_window.h"

#include <algorithm>
#include <cmath>

#include "learn/simulate/frame.h"
#include "learn/simulate/spread.h"

namespace silhouette::simulate {
namespace {

constexpr double kWindowMicros = 500'000;
constexpr double kMicrosPerSecond = 1e6;

std::vector<uint32_t> DrawSizes(const WindowColumns& columns, size_t count, uint32_t least,
                                Random& random) {
  const std::vector<double> values = SpreadAroundMedian({.count = count,
                                                         .mean = columns[kSizeMean],
                                                         .stddev = columns[kSizeStd],
                                                         .median = columns[kSizeMedian],
                                                         .low = static_cast<double>(least),
                                                         .high = kMostCallBytes,
                                                         .least_short_side = 5},
                                                        random);
  std::vector<uint32_t> sizes;
  for (double value : values) sizes.push_back(static_cast<uint32_t>(std::floor(value + 0.5)));
  return sizes;
}

// Microseconds from the window's start, strictly rising and below its end.
std::vector<int64_t> DrawTimes(const WindowColumns& columns, size_t count, Random& random) {
  // The inter-arrival that crosses the window's edge is what is left over at the ends of two
  // windows. If a drawn mean that does not fit the drawn count left over much, that one gap would
  // outweigh all others in the standard deviation.
  constexpr double kLeastSpan = 0.97 * kWindowMicros;
  const double mean = columns[kIatMean] * kMicrosPerSecond;
  const double span = std::clamp(mean * static_cast<double>(count), kLeastSpan, kWindowMicros - 2);
  const double median = std::min(columns[kIatMedian] * kMicrosPerSecond, mean);
  const std::vector<double> gaps =
      SpreadAroundMedian({.count = count - 1,
                          .mean = span / static_cast<double>(count - 1),
                          .stddev = columns[kIatStd] * kMicrosPerSecond,
                          .median = median,
                          .low = std::min(20.0, median / 2),
                          .high = kWindowMicros / 4,
                          .least_short_side = median / 3},
                         random);
  double exact = random.Uniform() * (kWindowMicros - 1 - span);
  std::vector<int64_t> times = {static_cast<int64_t>(exact)};
  for (double gap : gaps) {
    exact += gap;
    times.push_back(std::max(static_cast<int64_t>(exact), times.back() + 1));
  }
  auto latest = static_cast<int64_t>(kWindowMicros) - 1;
  for (auto time = times.rbegin(); time != times.rend(); ++time) {
    *time = std::min(*time, latest);
    latest = *time - 1;
  }
  return times;
}

std::vector<uint8_t> DrawDirections(const WindowColumns& columns, Random& random) {
  std::vector<uint8_t> is_outbound(static_cast<size_t>(columns[kInboundPackets]), 0);
  is_outbound.resize(static_cast<size_t>(columns[kTotalPackets]), 1);
  random.Shuffle(is_outbound);
  return is_outbound;
}

}  // namespace

void AppendWindow(const CallEnds& ends, int64_t window_start, const WindowColumns& columns,
                  Random& random, std::vector<SimulatedPacket>& packets) {
  const auto count = static_cast<size_t>(columns[kTotalPackets]);
  const uint32_t least =
      std::max(kLeastCallBytes, static_cast<uint32_t>(HeaderBytes(ends.outbound)));
  const std::vector<uint32_t> sizes = DrawSizes(columns, count, least, random);
  const std::vector<int64_t> times = DrawTimes(columns, count, random);
  const std::vector<uint8_t> is_outbound = DrawDirections(columns, random);
  for (size_t i = 0; i < count; ++i) {
    SimulatedPacket packet = is_outbound[i] != 0 ? ends.outbound : ends.inbound;
    packet.time_ns = window_start + times[i] * kNanosPerMicrosecond;
    packet.wire_bytes = sizes[i];
    packets.push_back(packet);
  }
}

}  // namespace silhouette::simulate
