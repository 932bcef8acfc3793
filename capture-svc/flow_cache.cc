#include "capture-svc/flow_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "capture-svc/orientation.h"
#include "common/packet_bits.h"

namespace silhouette {

// Slots are hit at random: on large pages, that costs no walk through the page tables.
FlowCache::Flow* FlowCache::NewSlots() {
  constexpr size_t kLargePage = 2 << 20, kBytes = kSlots * sizeof(Flow);
  static_assert(kBytes % kLargePage == 0);
  void* memory = std::aligned_alloc(kLargePage, kBytes);
  if (memory == nullptr) throw std::bad_alloc();
  (void)madvise(memory, kBytes, MADV_HUGEPAGE);  // a wish
  auto* slots = static_cast<Flow*>(memory);
  std::uninitialized_fill_n(slots, kSlots, Flow());
  return slots;
}

FlowCache::Flow* FlowCache::Insert(const CommonKey& key, Flow* slot) {
  if (++flows_ > kSlots / 2) {
    flows_ = 0;
    if (++filling_ == 0) {
      std::fill_n(slots_.get(), kSlots, Flow());
      filling_ = 1;
    }
    return Find(key, Hash(key));
  }
  const OrientedFlow oriented = Orient(EndsOf(key), home_);
  *slot = {key, filling_};
  slot->low_is_home = oriented.outbound;
  slot->scope = static_cast<char>((oriented.key.home_is_home ? kHomeEndIsHome : 0) |
                                  (oriented.key.remote_is_home ? kRemoteEndIsHome : 0));
  return slot;
}

}  // namespace silhouette
