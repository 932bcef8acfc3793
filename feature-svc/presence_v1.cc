#include <cstddef>
#include <vector>

#include "feature-svc/extractor.h"
#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;

// Three figures of `values`, divided by `unit`.
double* MeanStdMedian(std::vector<int64_t>* values, double unit, double* out) {
  *out++ = Mean(*values) / unit;
  *out++ = SampleStd(*values) / unit;
  *out++ = Median(*values) / unit;
  return out;
}

}  // namespace

void ExtractPresenceV1(const WindowInput& window, double* values) {
  std::vector<int64_t> sizes;
  std::vector<int64_t> gaps_ns;
  size_t outbound = 0;
  bool has_previous = window.has_previous;
  int64_t previous_ns = window.previous_ns;
  for (const Sample& sample : *window.samples) {
    sizes.push_back(sample.wire_bytes);
    if (has_previous) gaps_ns.push_back(sample.time_ns - previous_ns);
    has_previous = true;
    previous_ns = sample.time_ns;
    if (sample.outbound) ++outbound;
  }
  const size_t total = sizes.size();
  values = MeanStdMedian(&sizes, 1, values);
  values = MeanStdMedian(&gaps_ns, kNsPerSecond, values);
  *values++ = static_cast<double>(total - outbound);
  *values++ = static_cast<double>(outbound);
  *values++ = static_cast<double>(total);
}

}  // namespace silhouette
