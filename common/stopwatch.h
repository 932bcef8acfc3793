#pragma once

#include <ctime>

namespace silhouette {

// What this thread has computed since it was made, whatever others do beside it.
class CpuStopwatch {
 public:
  double seconds() const { return Now() - start_; }

 private:
  static double Now() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }

  const double start_ = Now();
};

}  // namespace silhouette
