#pragma once

#include <cstdint>
#include <vector>

#include "capture-svc/parse/common_packet.h"
#include "common/address.h"

namespace silhouette {

// The flows of common packets in the present batch: which end is home, and their rows in its flow
// table. Lives in the processor's second cache, whatever the number of flows in a capture: 40 bytes
// for each in the batch, and nothing is kept for the next one.
class CommonFlows {
 public:
  // Flows of a batch, at most.
  static constexpr uint32_t kMaxFlows = 1 << 12;

  struct Flow {
    CommonKey key;
    uint32_t batch;  // another one's slot is empty
    uint16_t row;
    bool low_is_home;  // the low end of the key is the flow's home end
  };

  CommonFlows();

  // Where to look for a key; brings it near.
  size_t Prepare(const CommonKey& key) const {
    const size_t slot = Hash(key) & kMask;
    __builtin_prefetch(&slots_[slot], 1);
    return slot;
  }
  // The flow of a key, whose slot Prepare told; new when `*is_new`: its row and home end are then
  // to be filled in.
  Flow* Find(const CommonKey& key, size_t slot, bool* is_new) {
    for (size_t at = slot;; at = (at + 1) & kMask) {
      Flow* flow = &slots_[at];
      *is_new = flow->batch != batch_;
      if (*is_new) *flow = {key, batch_, 0, false};
      if (*is_new || flow->key == key) return flow;
    }
  }

  // Begins a new batch.
  void Clear();

 private:
  static constexpr size_t kSlots = 2 * kMaxFlows;
  static constexpr size_t kMask = kSlots - 1;

  // Multiplies and folds: each output bit depends on all bits of both.
  static uint64_t Mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 Uint128;
    const Uint128 product = Uint128{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint64_t Hash(const CommonKey& key) {
    constexpr uint64_t kOdd = 0xa0761d6478bd642f, kOdder = 0xe7037ed1a0b428db;
    return Mix(key.low_end ^ Mix(key.low_mac ^ kOdd, key.high_mac ^ kOdder), key.high_end ^ kOdd);
  }

  std::vector<Flow> slots_;
  uint32_t batch_ = 1;
};

}  // namespace silhouette
