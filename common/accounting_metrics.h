#pragma once

#include <prometheus/collectable.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "silhouette/v1/accounting.pb.h"

namespace silhouette {

// The terms of the accounting identity as silhouette_<service>_received_packets_total and so on.
std::vector<prometheus::MetricFamily> AccountingFamilies(const std::string& service,
                                                         const v1::Accounting& total);

// The accounting identity of a process on its Prometheus endpoint, summed over all runs.
// One lock covers an update and a scrape, so the identity holds in every scrape. Thread-safe.
class AccountingMetrics : public prometheus::Collectable {
 public:
  explicit AccountingMetrics(std::string service) : service_(std::move(service)) {}

  // The newest cumulative counts of (origin, run); after `ended` no more of it is expected.
  void Update(const std::string& origin, const std::string& run, const v1::Accounting& accounting,
              bool ended);

  // Sum over all runs.
  v1::Accounting Total() const;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string service_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, v1::Accounting> open_;  // guarded by mutex_
  v1::Accounting ended_;                                                // guarded by mutex_
};

}  // namespace silhouette
