#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/store.h"

namespace silhouette {

// Gives watchers the incidents of a store as they are found and changed, each at its own pace.
// There are few: nothing is kept, and each watcher reads for itself. Thread-safe.
class IncidentFeed {
 public:
  static constexpr size_t kPage = 1'000;

  // `store` must outlive it.
  explicit IncidentFeed(VerdictStore* store) : store_(store) {}

  // Some were found or changed, up to there.
  void OnStored(const StorePosition& newest);

  // Waits until one is found or changed behind `position`, at most `patience`; there may be none.
  // Errors: ABORTED (the store is another one by now), OUT_OF_RANGE (it holds less than that),
  // CANCELLED (after Stop), or the store's.
  absl::StatusOr<IncidentChanges> Next(const StorePosition& position, const IncidentFilter& filter,
                                       std::chrono::milliseconds patience);

  // Behind all there is now.
  absl::StatusOr<StorePosition> Newest();

  // Makes Next return, now and from now on.
  void Stop();

 private:
  VerdictStore* const store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool knows_newest_ = false;  // guarded by mutex_
  StorePosition newest_;       // guarded by mutex_
  bool stopped_ = false;       // guarded by mutex_
};

}  // namespace silhouette
