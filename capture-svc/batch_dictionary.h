#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace silhouette {

// The flows of the present batch by `Key`, which names two ends: which end is home, and the flow's
// row in the batch's flow table. Lives in the processor's second cache, whatever the number of
// flows in a capture, as nothing is kept for the next batch.
//
// Open addressing; another batch's slot is empty. The hash is no secret: colliding on purpose gains
// a sender nothing worth one in a dictionary that is small and lives for one batch.
template <typename Key>
class BatchDictionary {
 public:
  // Flows of a batch, at most.
  static constexpr uint32_t kMaxFlows = 1 << 12;

  struct Flow {
    Key key;
    uint32_t batch;  // another one's slot is empty
    uint16_t row;
    bool first_is_home;  // the key's first end is the flow's home end
  };

  BatchDictionary() : slots_(kSlots) {}

  // Where to look for a key; brings it near.
  size_t Prepare(const Key& key) const {
    const size_t slot = SlotOf(key);
    __builtin_prefetch(&slots_[slot], 1);
    return slot;
  }
  // The flow of a key, whose slot Prepare told; new when `*is_new`: its row and home end are then
  // to be filled in.
  Flow* Find(const Key& key, size_t slot, bool* is_new) {
    for (size_t at = slot;; at = (at + 1) & kMask) {
      Flow* flow = &slots_[at];
      *is_new = flow->batch != batch_;
      if (*is_new) *flow = {key, batch_, 0, false};
      if (*is_new || Equal(flow->key, key)) return flow;
    }
  }
  // The flow of a key if the batch has it, else null.
  const Flow* FindKnown(const Key& key) const {
    for (size_t at = SlotOf(key);; at = (at + 1) & kMask) {
      const Flow* flow = &slots_[at];
      if (flow->batch != batch_) return nullptr;
      if (Equal(flow->key, key)) return flow;
    }
  }

  // Begins a new batch.
  void Clear() {
    if (++batch_ != 0) return;
    slots_.assign(kSlots, Flow{});
    batch_ = 1;
  }

 private:
  static constexpr size_t kSlots = 2 * kMaxFlows;
  static constexpr size_t kMask = kSlots - 1;
  static constexpr size_t kWords = sizeof(Key) / sizeof(uint64_t);
  static_assert(sizeof(Key) % sizeof(uint64_t) == 0 &&
                    std::has_unique_object_representations_v<Key>,
                "keys are hashed and compared as words");

  // One by one, since a copy of what was just written in smaller pieces has to wait for them.
  static uint64_t Word(const Key& key, size_t i) {
    uint64_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&key) + i * sizeof word, sizeof word);
    return word;
  }
  static bool Equal(const Key& a, const Key& b) {
    uint64_t difference = 0;
    for (size_t i = 0; i < kWords; ++i) difference |= Word(a, i) ^ Word(b, i);
    return difference == 0;
  }
  // Multiplies and folds: each output bit depends on all bits of both.
  static uint64_t Mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 Uint128;
    const Uint128 product = Uint128{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  // After wyhash: two words at a time, the last ones first.
  static size_t SlotOf(const Key& key) {
    constexpr uint64_t kOdd = 0xa0761d6478bd642f, kOdder = 0xe7037ed1a0b428db;
    uint64_t hash = kOdd;
    size_t left = kWords;
    if constexpr (kWords % 2 == 1) hash = Mix(Word(key, --left) ^ hash, kOdder);
    for (; left > 0; left -= 2) {
      hash = Mix(Word(key, left - 2) ^ hash, Word(key, left - 1) ^ kOdder);
    }
    return hash & kMask;
  }

  std::vector<Flow> slots_;
  uint32_t batch_ = 1;
};

}  // namespace silhouette
