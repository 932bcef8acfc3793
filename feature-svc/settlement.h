#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

namespace silhouette {

// Remembers which window batch settles which packet batch: a packet batch is settled once the
// window batch that carries the last window it touched is. Thread-safe: acks come while packets do.
class Settlement {
 public:
  // Packet batch `sequence` touches windows that end at `last_end_ns` at the latest.
  void AddPackets(uint64_t sequence, int64_t last_end_ns);

  // Window batch `sequence` carries all windows that end at or before `closed_ns`.
  void AddWindows(uint64_t sequence, int64_t closed_ns);

  // Everything up to window batch `sequence` is settled: the highest packet batch that this
  // settles, 0 when there is none yet. Packet batches settle in their order.
  uint64_t OnSettled(uint64_t sequence);

 private:
  struct PacketEntry {
    uint64_t sequence;
    int64_t last_end_ns;
  };
  struct WindowEntry {
    uint64_t sequence;
    int64_t closed_ns;
  };
  std::mutex mutex_;
  std::deque<PacketEntry> packets_;  // guarded by mutex_
  std::deque<WindowEntry> windows_;  // guarded by mutex_
  uint64_t settled_ = 0;             // guarded by mutex_
};

}  // namespace silhouette
