#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "common/source_labels.h"
#include "common/source_lag.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// What was stored, and how late. Thread-safe.
class VerdictMetrics {
 public:
  // `now_ns` is the wall clock.
  explicit VerdictMetrics(std::function<int64_t()> now_ns = absl::GetCurrentTimeNanos);

  // The batch is stored by now; so many of its verdicts were new.
  void OnStored(const v1::VerdictBatch& batch, uint64_t added);

  std::vector<std::shared_ptr<prometheus::Collectable>> metrics() const {
    return {registry_, lag_};
  }

 private:
  void TellTimes(const v1::VerdictBatch& batch);

  const std::function<int64_t()> now_ns_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Counter& stored_;
  prometheus::Counter& repeated_;
  prometheus::Family<prometheus::Histogram>& latency_;
  SourceLabels sources_;
  const std::shared_ptr<SourceLag> lag_;
};

}  // namespace silhouette
