#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

namespace silhouette {

// What the web port did. Thread-safe.
class WebMetrics {
 public:
  WebMetrics();

  // A request that was answered; `route` is a pattern, never what a client wrote.
  void CountRequest(const std::string& route, int status);
  // One that was turned away, for one of these: host, origin, token, watchers; or a connection:
  // threads, slow, large, malformed.
  void CountRefusal(const std::string& reason);

  prometheus::Gauge& connections() { return connections_; }
  prometheus::Gauge& watchers() { return watchers_; }

  std::shared_ptr<prometheus::Collectable> collectable() const { return registry_; }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& watchers_;
};

}  // namespace silhouette
