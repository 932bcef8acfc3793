#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/store.h"
#include "gateway/store_metrics.h"

namespace silhouette {

// Adds verdicts to a store and waits out what is wrong with its disk: full, read-only, failing, or
// with a damaged database, until somebody has mended it. Says so once, and on the metrics page.
// Thread-safe.
class PatientStore {
 public:
  // `store` must outlive it. Tries again after `delay`.
  PatientStore(VerdictStore* store, std::shared_ptr<StoreMetrics> metrics,
               std::chrono::milliseconds delay = std::chrono::seconds(1));

  // As VerdictStore::Add. While it waits it asks `give_up` now and then.
  // Errors: those of the batch, as VerdictStore::Add; the disk's when it gave up.
  absl::StatusOr<AddedVerdicts> Add(const v1::VerdictBatch& batch,
                                    const std::function<bool()>& give_up);

 private:
  absl::StatusOr<AddedVerdicts> AddPatiently(const v1::VerdictBatch& batch,
                                             const std::function<bool()>& give_up);
  // False if `give_up` says so.
  bool Wait(const std::function<bool()>& give_up);
  void Tell(const absl::Status& status);

  VerdictStore* const store_;
  const std::chrono::milliseconds delay_;
  const std::shared_ptr<StoreMetrics> metrics_;
  std::mutex mutex_;
  absl::StatusCode told_ = absl::StatusCode::kOk;  // as logged last; guarded by mutex_
};

}  // namespace silhouette
