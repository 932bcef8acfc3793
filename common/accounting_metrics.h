#pragma once

#include <prometheus/collectable.h>

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "silhouette/v1/accounting.pb.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// The terms of the accounting identity as silhouette_<service>_received_packets_total and so on.
std::vector<prometheus::MetricFamily> AccountingFamilies(const std::string& service,
                                                         const v1::Accounting& total);

// The accounting identity of a process on its Prometheus endpoint, summed over all runs.
// One lock covers an update and a scrape, so the identity holds in every scrape, and no count but
// the pending one ever goes down. Thread-safe.
class AccountingMetrics : public prometheus::Collectable {
 public:
  static constexpr size_t kRemembered = 4096;
  static constexpr size_t kMostOpen = 4096;

  explicit AccountingMetrics(std::string service) : service_(std::move(service)) {}

  // The newest cumulative counts of the header's run; older ones, as batches that are sent again
  // after a break bring them, change nothing. Of a run that comes in its midst, after a restart or
  // from another replica, what is decided by now was somebody else's to count. After the run's end
  // only repeats of it are expected; they change nothing, as long as the run is among the last
  // kRemembered that ended. With more than kMostOpen that do not end, one that was not heard of for
  // longest stands as if it had.
  void Update(const v1::BatchHeader& header, const v1::Accounting& accounting);

  // Sum over all runs.
  v1::Accounting Total() const;

  // Those it can tell from others.
  size_t runs() const;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Key = std::pair<std::string, std::string>;  // origin and run
  // Windowed, malformed, late, shed; then filtered by reason, with one for all other reasons.
  static constexpr size_t kTerms = 4 + 6;
  struct Counts {
    uint64_t received = 0;
    std::array<uint64_t, kTerms> decided{};
    uint64_t kernel_dropped = 0;
    uint64_t interface_dropped = 0;
  };
  struct Run {
    Counts counted;
    bool ended = false;
    uint64_t updated = 0;  // number of the update
  };
  static Counts CountsOf(const v1::Accounting& accounting);
  // Counts what a run has more than before, in `counted` and in the total.
  void CountMore(const Counts& now, Counts* counted);
  void EndOldest();
  void Remember(const Key& key);

  const std::string service_;
  mutable std::mutex mutex_;
  uint64_t updates_ = 0;     // guarded by mutex_
  std::map<Key, Run> runs_;  // open and remembered ones; guarded by mutex_
  std::deque<Key> ended_;    // remembered, oldest first; guarded by mutex_
  Counts total_;             // of all runs there were; guarded by mutex_
};

}  // namespace silhouette
