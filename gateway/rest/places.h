#pragma once

#include <prometheus/gauge.h>

#include <atomic>
#include <memory>

namespace silhouette {

// Places for answers that take as long as their client likes: event streams, uploads, downloads. So
// many at once; the other threads are left to requests that are answered soon. Thread-safe.
class Places {
 public:
  explicit Places(int most) : most_(most) {}

  // A place, which is given back when the last copy of it goes; null when all are taken. `gauge`,
  // if any, counts it; once it does not, the place is free.
  std::shared_ptr<void> Take(prometheus::Gauge* gauge = nullptr) {
    if (taken_.fetch_add(1) >= most_) {
      taken_.fetch_sub(1);
      return nullptr;
    }
    if (gauge != nullptr) gauge->Increment();
    return {this, [gauge](Places* places) {
              places->taken_.fetch_sub(1);
              if (gauge != nullptr) gauge->Decrement();
            }};
  }

 private:
  const int most_;
  std::atomic<int> taken_ = 0;
};

}  // namespace silhouette
