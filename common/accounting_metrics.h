#pragma once

#include <prometheus/collectable.h>

#include <deque>
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
  static constexpr size_t kRemembered = 4096;
  static constexpr size_t kMostOpen = 4096;

  explicit AccountingMetrics(std::string service) : service_(std::move(service)) {}

  // The newest cumulative counts of (origin, run); older ones, as batches that are sent again after
  // a break bring them, change nothing. After `ended` only repeats of it are expected;
  // they change nothing, as long as the run is among the last kRemembered that ended. With more
  // than kMostOpen that do not end, one that was not heard of for longest stands as if it had.
  void Update(const std::string& origin, const std::string& run, const v1::Accounting& accounting,
              bool ended);

  // Sum over all runs.
  v1::Accounting Total() const;

  // Those it can tell from others.
  size_t runs() const;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Key = std::pair<std::string, std::string>;
  struct Run {
    v1::Accounting accounting;
    bool ended = false;
    uint64_t updated = 0;  // number of the update
  };
  void EndOldest();
  void Remember(const Key& key);

  const std::string service_;
  mutable std::mutex mutex_;
  uint64_t updates_ = 0;      // guarded by mutex_
  std::map<Key, Run> runs_;   // open and remembered ones; guarded by mutex_
  std::deque<Key> ended_;     // remembered, oldest first; guarded by mutex_
  v1::Accounting forgotten_;  // sum of those that are not; guarded by mutex_
};

}  // namespace silhouette
