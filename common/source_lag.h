#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/metrics.h"

namespace silhouette {

// How far behind the wall clock each live source was when it was last heard of, as a metric with
// the label `source`. What is not heard of for a while is not told any more: a source that is gone
// is not late. Thread-safe.
class SourceLag : public prometheus::Collectable {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kRemembered{5};

  SourceLag(std::string service, const MetricInfo& info,
            std::function<Clock::time_point()> now = Clock::now)
      : service_(std::move(service)), info_(info), now_(std::move(now)) {}

  // `source` as SourceLabels gives it.
  void Set(const std::string& source, double seconds);
  // Its run has ended.
  void Remove(const std::string& source);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Lag {
    double seconds;
    Clock::time_point heard;
  };

  const std::string service_;
  const MetricInfo& info_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::string, Lag> sources_;  // guarded by mutex_
};

}  // namespace silhouette
