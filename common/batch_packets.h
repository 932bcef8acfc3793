#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// What a link has to know of the packets in a batch. Batches of windows and verdicts have none.
struct BatchPackets {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  int64_t newest_ns = kNone;  // event time, of those that were shed too
  uint64_t count = 0;
};

template <typename Batch>
BatchPackets PacketsOf(const Batch&) {
  return {};
}

inline BatchPackets PacketsOf(const v1::PacketBatch& batch) {
  const auto& times = batch.time_ns();
  BatchPackets packets{BatchPackets::kNone, static_cast<uint64_t>(times.size())};
  if (!times.empty()) packets.newest_ns = *std::max_element(times.begin(), times.end());
  if (batch.has_shed()) packets.newest_ns = std::max(packets.newest_ns, batch.shed().until_ns());
  return packets;
}

}  // namespace silhouette
