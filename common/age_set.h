#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <set>

namespace silhouette {

// When the things that wait began to, for the age of the oldest. Thread-safe.
class AgeSet {
 public:
  using Clock = std::chrono::steady_clock;

  void Add(Clock::time_point since) {
    std::lock_guard lock(mutex_);
    since_.insert(since);
  }
  // One that was added.
  void Remove(Clock::time_point since) {
    std::lock_guard lock(mutex_);
    since_.erase(since_.find(since));
  }

  size_t size() const {
    std::lock_guard lock(mutex_);
    return since_.size();
  }
  // Of the oldest; 0 if there is none.
  double OldestSeconds(Clock::time_point now = Clock::now()) const {
    std::lock_guard lock(mutex_);
    if (since_.empty()) return 0;
    return std::max(0.0, std::chrono::duration<double>(now - *since_.begin()).count());
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<Clock::time_point> since_;  // guarded by mutex_
};

}  // namespace silhouette
