#include "feature-svc/settlement.h"

#include <algorithm>
#include <utility>

namespace silhouette {

void Settlement::AddPackets(uint64_t sequence, int64_t last_end_ns, const v1::Accounting& decided) {
  std::lock_guard lock(mutex_);
  packets_.push_back({sequence, last_end_ns, decided});
}

void Settlement::AddWindows(uint64_t sequence, int64_t closed_ns) {
  std::lock_guard lock(mutex_);
  windows_.push_back({sequence, closed_ns});
}

void Settlement::DropWindowsBehind(int64_t last_end_ns) {
  std::lock_guard lock(mutex_);
  for (PacketEntry& entry : packets_) {
    entry.last_end_ns = std::min(entry.last_end_ns, last_end_ns);
  }
}

Settlement::Settled Settlement::OnSettled(uint64_t sequence) {
  std::lock_guard lock(mutex_);
  while (!windows_.empty() && windows_.front().sequence <= sequence) {
    const int64_t closed_ns = windows_.front().closed_ns;
    settled_.until_ns = closed_ns;
    windows_.pop_front();
    while (!packets_.empty() && packets_.front().last_end_ns <= closed_ns) {
      settled_.sequence = packets_.front().sequence;
      settled_.decided = std::move(packets_.front().decided);
      packets_.pop_front();
    }
  }
  return settled_;
}

}  // namespace silhouette
