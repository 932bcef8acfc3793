#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "gateway/incident_writer.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// How many incidents were found. Thread-safe.
class IncidentMetrics {
 public:
  static constexpr size_t kMostKinds = 16;  // as the metric's list says

  IncidentMetrics();

  // The batch is stored by now, and this is what it brought. What its models may report is counted
  // from 0 on: who looks at rates must see the first one rise.
  void OnStored(const v1::VerdictBatch& batch, const std::vector<IncidentNews>& news);

  std::shared_ptr<prometheus::Collectable> metrics() const { return registry_; }

 private:
  prometheus::Counter& CounterOf(const std::string& kind, v1::Severity severity);

  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& incidents_;
  std::mutex mutex_;
  std::set<std::string> kinds_;  // guarded by mutex_
};

}  // namespace silhouette
