#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>

#include "silhouette/v1/accounting.pb.h"

namespace silhouette {

// Remembers which window batch settles which packet batch: a packet batch is settled once the
// window batch that carries the last window it touched is. Thread-safe: acks come while packets do.
class Settlement {
 public:
  // Packet batch `sequence` touches or closes windows that end at `last_end_ns` at the latest.
  // `decided` is what became of all packets up to and including it.
  void AddPackets(uint64_t sequence, int64_t last_end_ns, const v1::Accounting& decided);

  // Window batch `sequence` carries all windows that end at or before `closed_ns`.
  void AddWindows(uint64_t sequence, int64_t closed_ns);

  // Of the packet batches so far, none waits for windows that end behind `last_end_ns` any more.
  void DropWindowsBehind(int64_t last_end_ns);

  // The packet batches that are settled: the highest one, and what became of the packets up to it;
  // and the time up to which windows are.
  struct Settled {
    static constexpr int64_t kNoWindow = std::numeric_limits<int64_t>::min();
    uint64_t sequence = 0;  // 0 when there is none yet
    v1::Accounting decided;
    int64_t until_ns = kNoWindow;
  };
  // Everything up to window batch `sequence` is settled. Packet batches settle in their order.
  Settled OnSettled(uint64_t sequence);

 private:
  struct PacketEntry {
    uint64_t sequence;
    int64_t last_end_ns;
    v1::Accounting decided;
  };
  struct WindowEntry {
    uint64_t sequence;
    int64_t closed_ns;
  };
  std::mutex mutex_;
  std::deque<PacketEntry> packets_;  // guarded by mutex_
  std::deque<WindowEntry> windows_;  // guarded by mutex_
  Settled settled_;                  // guarded by mutex_
};

}  // namespace silhouette
