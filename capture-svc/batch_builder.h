#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture-svc/batch_dictionary.h"
#include "common/address.h"
#include "common/packet_bits.h"
#include "common/parse/anonymizer.h"
#include "common/parse/fast_path.h"
#include "common/parse/orientation.h"
#include "common/parse/packet.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Collects packets into the columns of a PacketBatch with its flow dictionary. Allocates nothing
// per packet.
class BatchBuilder {
 public:
  // The most that fit.
  static constexpr size_t kMaxPackets = BatchDictionary<FastKey>::kMaxFlows;

  // `anonymizer` changes what goes into the flow table; null for none.
  explicit BatchBuilder(const HomeNetworks& home, std::unique_ptr<Anonymizer> anonymizer = nullptr);

  // `time_ns` in ns since the Unix epoch, `wire_bytes` the original length. There must be room.
  void Add(int64_t time_ns, uint32_t wire_bytes, const PacketHeaders& headers) {
    const EndsFlow& flow = Find(headers);
    if (flow.row == kShedRow) return Shed(time_ns);
    AppendPacket(time_ns, wire_bytes, flow.row, flow.first_is_home, headers.tcp_flags);
  }

  // The same for a packet of the fast path: Prepare some, then Add each with what Prepare gave.
  // Such a flow may have a second row in the table by the other Add.
  size_t Prepare(const FastPacket& packet) const { return fast_flows_.Prepare(packet.key); }
  void Add(int64_t time_ns, uint32_t wire_bytes, const FastPacket& packet, size_t prepared) {
    bool is_new;
    FastFlow* flow = fast_flows_.Find(packet.key, prepared, &is_new);
    if (is_new) AppendFastFlow(flow);
    if (flow->row == kShedRow) return Shed(time_ns);
    AppendPacket(time_ns, wire_bytes, flow->row, packet.from_high != flow->first_is_home,
                 packet.tcp_flags);
  }

  // Packets that take room, those that are left out among them.
  size_t packets() const { return packets_ + shed_packets_ - shed_without_room_; }

  // From the next batch on, packets between devices whose ShedHash is below `share` are left out.
  void SetShedShare(uint32_t share) { next_shed_share_ = share; }
  // Leaves out what is in this batch, which makes room again, and all that is to come into it.
  void ShedAll();
  // Of this batch.
  size_t shed_packets() const { return shed_packets_; }

  // The batch as it is now; lives until Clear.
  v1::PacketBatch* Finish();
  // Empties the batch, keeping its memory.
  void Clear();

 private:
  using FastFlow = BatchDictionary<FastKey>::Flow;
  using EndsFlow = BatchDictionary<PacketEnds>::Flow;  // one direction of a flow
  static constexpr uint16_t kShedRow = std::numeric_limits<uint16_t>::max();
  // A flow as the columns of FlowTable hold it.
  struct Row {
    uint64_t home[2], remote[2];    // as they lie in memory
    uint64_t home_mac, remote_mac;  // in the six lower bytes
    uint32_t ports, vlan;
    char protocol, network, scope;
  };
  struct Columns {
    std::vector<int64_t> time_ns;
    std::vector<uint32_t> wire_bytes, flow;
    std::vector<char> flags, tcp_flags;
  };

  void AppendPacket(int64_t time_ns, uint32_t wire_bytes, uint32_t row, bool outbound,
                    uint8_t tcp_flags) {
    const size_t i = packets_++;
    columns_.time_ns[i] = time_ns;
    columns_.wire_bytes[i] = wire_bytes;
    columns_.flow[i] = row;
    columns_.flags[i] = outbound ? kPacketOutbound : 0;
    columns_.tcp_flags[i] = static_cast<char>(tcp_flags);
  }
  void Shed(int64_t time_ns) {
    if (shed_packets_++ == 0) shed_from_ns_ = shed_until_ns_ = time_ns;
    shed_from_ns_ = std::min(shed_from_ns_, time_ns);
    shed_until_ns_ = std::max(shed_until_ns_, time_ns);
  }
  // Keeps the row that was filled in last, unless its packets are to be shed.
  uint16_t KeepRow();
  const EndsFlow& Find(const PacketEnds& ends);
  // Fills in a flow that is new.
  void AppendEndsFlow(EndsFlow* flow);
  void AppendFastFlow(FastFlow* flow);
  uint16_t AppendFlow(FlowKey key);
  // Forgets packets and flows.
  void Empty();
  void WritePackets();
  void WriteFlows();
  template <size_t kBytes, typename Field>
  static void WriteColumn(std::span<const Row> rows, Field Row::*field, std::string* column);

  const HomeNetworks home_;
  const std::unique_ptr<Anonymizer> anonymizer_;
  BatchDictionary<FastKey> fast_flows_;
  BatchDictionary<PacketEnds> ends_flows_;
  size_t packets_ = 0;
  Columns columns_;
  uint32_t flows_ = 0;
  uint32_t shed_share_ = 0;
  uint32_t next_shed_share_ = 0;
  size_t shed_packets_ = 0;
  size_t shed_without_room_ = 0;  // of these
  int64_t shed_from_ns_ = 0;
  int64_t shed_until_ns_ = 0;
  std::vector<Row> rows_;
  v1::PacketBatch batch_;
};

}  // namespace silhouette
