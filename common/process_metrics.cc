#include "common/process_metrics.h"

#include <time.h>
#include <unistd.h>

#include <fstream>

#include "absl/time/clock.h"
#include "common/metric_list.h"
#include "common/options.h"

namespace silhouette {
namespace {

double CpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

// As in proc(5): all pages, then those in memory.
double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessMetrics::ProcessMetrics(std::string service)
    : service_(std::move(service)),
      began_s_(static_cast<double>(absl::GetCurrentTimeNanos()) / 1e9) {}

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  auto build = FamilyOf(service_, Find(kProcessMetrics, "build_info"));
  AddValue(1, &build, {{"version", Version()}});
  return {std::move(build),
          FamilyOf(service_, Find(kProcessMetrics, "start_timestamp_seconds"), began_s_),
          FamilyOf(service_, Find(kProcessMetrics, "cpu_seconds_total"), CpuSeconds()),
          FamilyOf(service_, Find(kProcessMetrics, "resident_memory_bytes"), ResidentBytes())};
}

}  // namespace silhouette
