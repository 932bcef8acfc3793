#pragma once

#include <cstdint>

namespace silhouette {

// Makes a 32-bit counter that wraps around, read at least twice a round, into one that does not.
class WideCounter {
 public:
  // Returns the count so far. A reading that went back is no news: nothing was counted.
  uint64_t Advance(uint32_t reading) {
    const auto step = static_cast<uint32_t>(reading - last_);
    if (step > kLongestStep) return total_;
    total_ += step;
    last_ = reading;
    return total_;
  }

 private:
  static constexpr uint32_t kLongestStep = uint32_t{1} << 31;

  uint32_t last_ = 0;
  uint64_t total_ = 0;
};

}  // namespace silhouette
