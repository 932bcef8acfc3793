#include <cstddef>
#include <vector>

#include "feature-svc/extractor.h"
#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;

// Three figures of `values`, divided by `unit`.
double* MeanStdMedian(std::span<int64_t> values, double unit, double* out) {
  *out++ = Mean(values) / unit;
  *out++ = SampleStd(values) / unit;
  *out++ = Median(values) / unit;
  return out;
}

}  // namespace

void ExtractPresenceV1(const WindowInput& window, double* values) {
  const size_t total = window.samples.size();
  std::vector<int64_t>& sizes = window.scratch->values;
  std::vector<int64_t>& gaps_ns = window.scratch->others;
  if (sizes.size() < total) sizes.resize(total);
  if (gaps_ns.size() < total) gaps_ns.resize(total);
  size_t gaps = 0, outbound = 0;
  int64_t previous_ns = window.previous_ns();
  for (size_t i = 0; i < total; ++i) {
    const Sample& sample = window.samples[i];
    sizes[i] = sample.wire_bytes;
    outbound += sample.outbound();
    if (previous_ns != WindowInput::kNever) gaps_ns[gaps++] = sample.time_ns() - previous_ns;
    previous_ns = sample.time_ns();
  }
  values = MeanStdMedian(std::span(sizes).first(total), 1, values);
  values = MeanStdMedian(std::span(gaps_ns).first(gaps), kNsPerSecond, values);
  *values++ = static_cast<double>(total - outbound);
  *values++ = static_cast<double>(outbound);
  *values++ = static_cast<double>(total);
}

}  // namespace silhouette
