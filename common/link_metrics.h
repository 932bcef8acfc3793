#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "common/link_buffer.h"

namespace silhouette {

// What all links of a process to one receiver hold and what their limits cost, as Prometheus
// metrics. Thread-safe.
class LinkMetrics {
 public:
  // `service` is the sender's name in its metrics: "capture".
  explicit LinkMetrics(const std::string& service);

  // A link's use went from `before` to `now`.
  void Update(const LinkUse& before, const LinkUse& now);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge& held_;
  prometheus::Gauge& unsent_;
  prometheus::Counter& breaks_;
  prometheus::Counter& forgotten_;
  prometheus::Counter& shed_;
  prometheus::Counter& wrong_acks_;
};

}  // namespace silhouette
