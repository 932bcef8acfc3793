#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <vector>

#include "common/age_set.h"
#include "gateway/metric_list.h"

namespace silhouette {

// What waits for the store. Thread-safe.
class StoreMetrics : public prometheus::Collectable {
 public:
  StoreMetrics();

  void SetFailing(bool failing) { failing_.Set(failing ? 1 : 0); }
  void CountRetry() { retries_.Increment(); }
  // When the batches came that are to be stored.
  AgeSet* waiting() { return &waiting_; }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  prometheus::Registry registry_;
  prometheus::Gauge& failing_;
  prometheus::Counter& retries_;
  AgeSet waiting_;
};

}  // namespace silhouette
