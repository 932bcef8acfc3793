#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "capture-svc/capture_manager.h"

namespace silhouette {

// The accounting identity over all captures of a process, and what its caps cost, as Prometheus
// metrics.
class CaptureMetrics : public prometheus::Collectable {
 public:
  explicit CaptureMetrics(const CaptureManager* captures) : captures_(captures) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const CaptureManager* captures_;
};

}  // namespace silhouette
