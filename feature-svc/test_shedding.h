#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "common/shed_hash.h"
#include "feature-svc/test_traffic.h"

// Batches that leave out devices, as capture-svc makes them under overload.
namespace silhouette::test_packets {

inline bool IsShed(const Packet& packet, uint32_t share) {
  const FlowKey flow = FlowOf(packet);
  if (ShedHash(flow.home.bytes.data()) >= share) return false;
  return !flow.remote_is_home || ShedHash(flow.remote.bytes.data()) < share;
}

// What a batch says of the packets that are left out of it; `kept` gets the others.
inline v1::Shed ShedFrom(std::span<const Packet> packets, uint32_t share, std::vector<Packet>* kept,
                         uint64_t* count) {
  v1::Shed shed;
  for (const Packet& packet : packets) {
    if (!IsShed(packet, share)) {
      kept->push_back(packet);
      continue;
    }
    ++*count;
    const bool is_first = shed.share() == 0;
    shed.set_share(share);
    shed.set_from_ns(is_first ? packet.time_ns : std::min(shed.from_ns(), packet.time_ns));
    shed.set_until_ns(is_first ? packet.time_ns : std::max(shed.until_ns(), packet.time_ns));
  }
  return shed;
}

struct SheddingRun {
  std::vector<v1::PacketBatch> batches;  // the last one ends the run
  uint64_t shed = 0;                     // packets
};

// Of `size` packets each, in the order of arrival; number n, from 0, sheds `share_of(n)`.
template <typename ShareOf>
SheddingRun MakeSheddingRun(std::span<const Packet> packets, size_t size, const ShareOf& share_of) {
  SheddingRun run;
  BatchMaker maker(kLateness, kStart);
  const auto add = [&run](v1::PacketBatch batch) {
    v1::Accounting* accounting = batch.mutable_header()->mutable_accounting();
    accounting->set_received(accounting->received() + run.shed);
    accounting->set_shed(run.shed);
    run.batches.push_back(std::move(batch));
  };
  for (size_t number = 0; number * size < packets.size(); ++number) {
    const auto taken = packets.subspan(number * size);
    std::vector<Packet> kept;
    const v1::Shed shed =
        ShedFrom(taken.first(std::min(size, taken.size())), share_of(number), &kept, &run.shed);
    v1::PacketBatch batch = maker.Make(kept);
    if (shed.share() > 0) *batch.mutable_shed() = shed;
    add(std::move(batch));
  }
  v1::PacketBatch last = maker.Make({}, /*end_of_run=*/true);
  last.mutable_header()->set_watermark_ns(packets.back().time_ns + kLateness);
  add(std::move(last));
  return run;
}

}  // namespace silhouette::test_packets
