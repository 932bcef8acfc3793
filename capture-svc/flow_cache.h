#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "capture-svc/common_packet.h"
#include "common/address.h"

namespace silhouette {

// Remembers how the flows of common packets are oriented, from batch to batch, and which row of
// the present batch's flow table is theirs. Of bounded size: when it is full, it starts anew.
class FlowCache {
 public:
  struct alignas(64) Flow {
    CommonKey key{};
    uint32_t filling = 0;  // of the cache; another one's slot is empty
    uint32_t batch = 0;    // whose flow table has the row
    uint32_t row = 0;
    bool low_is_home = false;  // the low end of the key is the flow's home end
    char scope = 0;            // as in FlowTable
  };

  explicit FlowCache(const HomeNetworks& home) : home_(home), slots_(NewSlots()) {}

  static uint64_t Hash(const CommonKey& key) {
    return Mix(key.low_end ^ Mix(key.low_mac ^ kOdd, key.high_mac ^ kOdder), key.high_end ^ kOdd);
  }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & (kSlots - 1)], 1); }

  // The flow of a key; `hash` is the key's.
  Flow* Find(const CommonKey& key, uint64_t hash) {
    for (size_t at = hash & (kSlots - 1);; at = (at + 1) & (kSlots - 1)) {
      Flow* flow = &slots_[at];
      if (flow->filling != filling_) return Insert(key, flow);
      if (flow->key == key) return flow;
    }
  }

 private:
  static constexpr size_t kSlots = 1 << 17;  // 8 MiB
  static constexpr uint64_t kOdd = 0xa0761d6478bd642f, kOdder = 0xe7037ed1a0b428db;

  // Multiplies and folds: each output bit depends on all bits of both.
  static uint64_t Mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 Uint128;
    const Uint128 product = Uint128{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  struct Free {
    void operator()(Flow* slots) const { std::free(slots); }
  };
  static Flow* NewSlots();
  Flow* Insert(const CommonKey& key, Flow* slot);

  const HomeNetworks home_;
  const std::unique_ptr<Flow[], Free> slots_;
  uint32_t filling_ = 1;
  size_t flows_ = 0;
};

}  // namespace silhouette
