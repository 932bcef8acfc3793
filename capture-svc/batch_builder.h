#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "capture-svc/common_packet.h"
#include "capture-svc/flow_cache.h"
#include "capture-svc/orientation.h"
#include "capture-svc/packet.h"
#include "common/address.h"
#include "common/packet_bits.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Collects packets into the columns of a PacketBatch with its flow dictionary. Allocates nothing
// per packet: the columns stand at their full size until Finish cuts them.
class BatchBuilder {
 public:
  // At most `max_packets` fit.
  BatchBuilder(const HomeNetworks& home, size_t max_packets);

  // `time_ns` in ns since the Unix epoch, `wire_bytes` the original length. There must be room.
  void Add(int64_t time_ns, uint32_t wire_bytes, const PacketHeaders& headers);

  // The same for a packet of the common kind, faster: Prepare some, then AddCommon each, with the
  // hash that Prepare gave. Such a flow may have a second row in the table by Add.
  uint64_t Prepare(const CommonPacket& packet) const {
    const uint64_t hash = FlowCache::Hash(packet.key);
    cache_.Prefetch(hash);
    return hash;
  }
  void AddCommon(int64_t time_ns, uint32_t wire_bytes, const CommonPacket& packet, uint64_t hash) {
    FlowCache::Flow* flow = cache_.Find(packet.key, hash);
    if (flow->batch != batch_number_) {
      flow->batch = batch_number_;
      flow->row = AppendCommonFlow(*flow);
    }
    AppendPacket(time_ns, wire_bytes, flow->row, packet.from_high != flow->low_is_home,
                 packet.tcp_flags);
  }

  size_t packets() const { return packets_; }
  bool full() const { return packets_ == max_packets_; }

  // The batch as it is now; lives until Clear.
  v1::PacketBatch* Finish();
  // Empties the batch, keeping its memory.
  void Clear();

 private:
  // One direction of a flow.
  struct alignas(64) Entry {
    PacketEnds ends;
    uint32_t flow;  // its row in the flow table
    bool outbound;
  };
  // Open addressing; a slot of another batch is empty.
  struct Slot {
    uint32_t batch = 0;
    uint32_t hash = 0;
    uint32_t entry = 0;
  };

  void AppendPacket(int64_t time_ns, uint32_t wire_bytes, uint32_t flow, bool outbound,
                    uint8_t tcp_flags) {
    const size_t i = packets_++;
    columns_.time_ns[i] = time_ns;
    columns_.wire_bytes[i] = wire_bytes;
    columns_.flow[i] = flow;
    columns_.flags[i] = outbound ? kPacketOutbound : 0;
    columns_.tcp_flags[i] = static_cast<char>(tcp_flags);
  }
  uint32_t AppendCommonFlow(const FlowCache::Flow& flow);
  const Entry& Find(const PacketEnds& ends);
  // The slot of `ends`, or the empty one where it belongs.
  Slot* Probe(const PacketEnds& ends, uint64_t hash);
  const Entry& Insert(const PacketEnds& ends, uint64_t hash);
  uint32_t AppendFlow(const FlowKey& key);
  void ResizeColumns(size_t packets, size_t flows);

  const HomeNetworks home_;
  const size_t max_packets_;
  FlowCache cache_;
  std::vector<Slot> slots_;  // a power of two, at least twice max_packets_
  std::vector<Entry> entries_;
  uint32_t batch_number_ = 1;
  size_t packets_ = 0;
  uint32_t flows_ = 0;
  v1::PacketBatch batch_;
  struct Columns {
    int64_t* time_ns;
    uint32_t* wire_bytes;
    uint32_t* flow;
    char* flags;
    char* tcp_flags;
    char* home_address;
    char* remote_address;
    char* home_mac;
    char* remote_mac;
    uint32_t* ports;
    uint32_t* vlan;
    char* protocol;
    char* network;
    char* scope;
  } columns_{};  // of batch_
};

}  // namespace silhouette
