#include <cstddef>
#include <vector>

#include "feature-svc/extractor.h"
#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;

// Three figures of `values`, whose moments are known, divided by `unit`.
double* MeanStdMedian(std::span<int64_t> values, const Moments& moments, double unit, double* out) {
  *out++ = moments.Mean() / unit;
  *out++ = moments.SampleStd(values) / unit;
  *out++ = Median(values, moments.bits()) / unit;
  return out;
}

}  // namespace

void ExtractPresenceV1(const WindowInput& window, double* values) {
  const size_t total = window.samples.size();
  std::vector<int64_t>& sizes = window.scratch->values;
  std::vector<int64_t>& gaps_ns = window.scratch->others;
  if (sizes.size() < total) sizes.resize(total);
  if (gaps_ns.size() < total) gaps_ns.resize(total);
  Moments size_moments, gap_moments;
  size_t outbound = 0;
  int64_t previous_ns = window.previous_ns();
  for (size_t i = 0; i < total; ++i) {
    const Sample& sample = window.samples[i];
    sizes[i] = sample.wire_bytes;
    size_moments.Add(sample.wire_bytes);
    outbound += sample.outbound();
    if (previous_ns != WindowInput::kNever) {
      const int64_t gap_ns = window.TimeOf(sample) - previous_ns;
      gaps_ns[gap_moments.count()] = gap_ns;
      gap_moments.Add(gap_ns);
    }
    previous_ns = window.TimeOf(sample);
  }
  values = MeanStdMedian(std::span(sizes).first(total), size_moments, 1, values);
  values = MeanStdMedian(std::span(gaps_ns).first(gap_moments.count()), gap_moments, kNsPerSecond,
                         values);
  *values++ = static_cast<double>(total - outbound);
  *values++ = static_cast<double>(outbound);
  *values++ = static_cast<double>(total);
}

}  // namespace silhouette
