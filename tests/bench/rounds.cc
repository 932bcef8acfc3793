#include "tests/bench/rounds.h"

#include <time.h>

#include "absl/strings/str_cat.h"
#include "tests/bench/check.h"
#include "tests/bench/report.h"

namespace silhouette::bench {
namespace {

double SecondsOf(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

double CpuSeconds() { return SecondsOf(CLOCK_PROCESS_CPUTIME_ID); }

double WallSeconds() { return SecondsOf(CLOCK_MONOTONIC); }

std::vector<Spent> RunRounds(int rounds, uint64_t packets, const std::vector<Case>& cases) {
  std::vector<Spent> spent(cases.size());
  for (int round = -1; round < rounds; ++round) {
    for (size_t i = 0; i < cases.size(); ++i) {
      const double cpu_s = CpuSeconds(), wall_s = WallSeconds();
      const uint64_t seen = cases[i].work();
      if (seen != packets) {
        Check(absl::InternalError(
            absl::StrCat(cases[i].name, ": of ", packets, " packets, ", seen, " were read")));
      }
      if (round < 0) continue;
      spent[i].cpu_s.push_back(CpuSeconds() - cpu_s);
      spent[i].wall_s.push_back(WallSeconds() - wall_s);
    }
  }
  return spent;
}

double MedianRatio(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> ratios;
  for (size_t i = 0; i < first.size(); ++i) ratios.push_back(first[i] / second[i]);
  return Median(ratios);
}

}  // namespace silhouette::bench
