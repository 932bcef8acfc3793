#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/store.h"

namespace silhouette {

// How long a store keeps what; ages count from when a verdict was stored.
struct RetentionOptions {
  absl::Duration verdicts = absl::Hours(24 * 90);
  absl::Duration features = absl::Hours(24 * 7);
  // Counts by the hour, and incidents. Of runs that go on, they count from the run's newest window.
  absl::Duration summaries = absl::Hours(24 * 800);
  // Bytes of the database: above it the oldest verdicts go, whatever their age. 0: no limit.
  uint64_t store_bytes = uint64_t{10} << 30;
};

// Deletes what a store is not to keep any more, the oldest first, a little at a time, so that
// verdicts that come meanwhile wait for milliseconds. Used from one thread.
class Retention {
 public:
  // `store` must outlive it.
  Retention(VerdictStore* store, RetentionOptions options) : store_(store), options_(options) {}

  struct Deleted {
    uint64_t verdicts = 0;
    uint64_t features = 0;
    bool done = false;  // nothing is left to delete now
  };
  // One step. Errors: the store's.
  absl::StatusOr<Deleted> Step();

 private:
  static constexpr int64_t kStep = 2000;  // rows

  absl::StatusOr<int64_t> NewestOlderThan(absl::Duration age);
  absl::StatusOr<uint64_t> DeleteFeatures(int64_t until);
  absl::StatusOr<uint64_t> DeleteVerdicts(int64_t until);
  absl::Status Tidy();

  VerdictStore* const store_;
  const RetentionOptions options_;
  absl::Time tidied_ = absl::InfinitePast();
};

// Deletes all that is stored of a run, if there is one, a little at a time. Errors: the store's;
// UNAVAILABLE once `give_up` says so, which leaves the rest for another call.
absl::Status DeleteRun(
    VerdictStore* store, const std::string& origin, const std::string& run,
    const std::function<bool()>& give_up = [] { return false; });

}  // namespace silhouette
