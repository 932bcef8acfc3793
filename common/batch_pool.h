#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace silhouette {

// Messages whose memory is used again. Thread-safe; outlived by what it gave out.
template <typename Batch>
class BatchPool {
 public:
  // A copy that returns to the pool when nobody holds it any more.
  std::shared_ptr<Batch> CopyOf(const Batch& batch) {
    std::unique_ptr<Batch> copy = Take();
    *copy = batch;
    return std::shared_ptr<Batch>(
        copy.release(), [free = free_](Batch* used) { free->Put(std::unique_ptr<Batch>(used)); });
  }

 private:
  static constexpr size_t kMostFree = 32;

  struct Free {
    std::mutex mutex;
    std::vector<std::unique_ptr<Batch>> batches;  // guarded by mutex

    void Put(std::unique_ptr<Batch> batch) {
      std::lock_guard lock(mutex);
      if (batches.size() < kMostFree) batches.push_back(std::move(batch));
    }
  };

  std::unique_ptr<Batch> Take() {
    std::lock_guard lock(free_->mutex);
    if (free_->batches.empty()) return std::make_unique<Batch>();
    std::unique_ptr<Batch> batch = std::move(free_->batches.back());
    free_->batches.pop_back();
    return batch;
  }

  const std::shared_ptr<Free> free_ = std::make_shared<Free>();
};

}  // namespace silhouette
