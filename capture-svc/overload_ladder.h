#pragma once

#include <algorithm>
#include <cstdint>

#include "common/shed_hash.h"

namespace silhouette {

// What a live source does while the next service is slower than the packets, by how full the buffer
// of the link is: 1. bigger batches, 2. shed whole devices, more of them as long as it fills, 3.
// drop all that comes. It climbs down by itself. A file waits instead.
class OverloadLadder {
 public:
  enum class Rung { kNone, kBiggerBatches, kShedDevices, kDropNewest };

  // Before each batch. `fill` is the buffer's share that is in use, 0 to 1 and beyond; `now_ns` is
  // event time, which on a live source is the clock's.
  void Update(double fill, int64_t now_ns) {
    bigger_batches_ = fill >= kBigger;
    drops_ = fill >= (drops_ ? kDropUntil : kDrop);
    if (fill >= kShed && IsDue(now_ns, kMoreEveryNs)) {
      share_ = std::min(share_ + kStep, kMostShare);
      changed_ns_ = now_ns;
    } else if (fill < kShedLess && share_ > 0 && IsDue(now_ns, kLessEveryNs)) {
      share_ -= kStep;
      changed_ns_ = now_ns;
    }
  }

  // Of kShedShares: devices whose ShedHash is below it are shed.
  uint32_t share() const { return drops_ ? kShedShares : share_; }
  bool bigger_batches() const { return bigger_batches_; }
  Rung rung() const {
    if (drops_) return Rung::kDropNewest;
    if (share_ > 0) return Rung::kShedDevices;
    return bigger_batches_ ? Rung::kBiggerBatches : Rung::kNone;
  }

 private:
  static constexpr double kBigger = 0.125, kShedLess = 0.25, kShed = 0.5;
  static constexpr double kDropUntil = 0.75, kDrop = 0.875;
  static constexpr uint32_t kStep = kShedShares / 16;
  static constexpr uint32_t kMostShare = kShedShares - kStep;
  static constexpr int64_t kMoreEveryNs = 100'000'000, kLessEveryNs = 200'000'000;

  bool IsDue(int64_t now_ns, int64_t every_ns) const {
    return now_ns - changed_ns_ >= every_ns || now_ns < changed_ns_;
  }

  bool bigger_batches_ = false;
  bool drops_ = false;
  uint32_t share_ = 0;
  int64_t changed_ns_ = 0;
};

}  // namespace silhouette
