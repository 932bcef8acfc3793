#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "common/age_set.h"
#include "common/link_buffer.h"

namespace silhouette {

// What all links of a process to one receiver hold and what their limits cost, as Prometheus
// metrics. Thread-safe.
class LinkMetrics : public prometheus::Collectable {
 public:
  // `service` is the sender's name in its metrics: "capture".
  explicit LinkMetrics(std::string service);

  // A link's use went from `before` to `now`.
  void Update(const LinkUse& before, const LinkUse& now);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string service_;
  prometheus::Registry registry_;
  prometheus::Gauge& held_;
  prometheus::Gauge& unsent_;
  prometheus::Gauge& unsettled_;
  prometheus::Counter& settled_;
  prometheus::Counter& breaks_;
  prometheus::Counter& forgotten_;
  prometheus::Counter& shed_;
  prometheus::Counter& wrong_acks_;
  AgeSet oldest_unsettled_;  // of each link
  AgeSet oldest_unsent_;
};

}  // namespace silhouette
