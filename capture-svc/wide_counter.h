#pragma once

#include <cstdint>

namespace silhouette {

// Makes a 32-bit counter that wraps around, read at least once a round, into one that does not.
class WideCounter {
 public:
  // Returns the count so far.
  uint64_t Advance(uint32_t reading) {
    total_ += static_cast<uint32_t>(reading - last_);
    last_ = reading;
    return total_;
  }

 private:
  uint32_t last_ = 0;
  uint64_t total_ = 0;
};

}  // namespace silhouette
