#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture-svc/common_flows.h"
#include "capture-svc/parse/anonymizer.h"
#include "capture-svc/parse/common_packet.h"
#include "capture-svc/parse/orientation.h"
#include "capture-svc/parse/packet.h"
#include "common/address.h"
#include "common/packet_bits.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Collects packets into the columns of a PacketBatch with its flow dictionary. Allocates nothing
// per packet.
class BatchBuilder {
 public:
  // The most that fit.
  static constexpr size_t kMaxPackets = CommonFlows::kMaxFlows;

  // `anonymizer` changes what goes into the flow table; null for none.
  explicit BatchBuilder(const HomeNetworks& home, std::unique_ptr<Anonymizer> anonymizer = nullptr);

  // `time_ns` in ns since the Unix epoch, `wire_bytes` the original length. There must be room.
  void Add(int64_t time_ns, uint32_t wire_bytes, const PacketHeaders& headers) {
    const Entry& entry = Find(headers);
    AppendPacket(time_ns, wire_bytes, entry.row, entry.outbound, headers.tcp_flags);
  }

  // The same for a packet of the common kind, faster: Prepare some, then Add each with what Prepare
  // gave. Such a flow may have a second row in the table by the other Add.
  size_t Prepare(const CommonPacket& packet) const { return common_.Prepare(packet.key); }
  void Add(int64_t time_ns, uint32_t wire_bytes, const CommonPacket& packet, size_t prepared) {
    bool is_new;
    CommonFlows::Flow* flow = common_.Find(packet.key, prepared, &is_new);
    if (is_new) AppendCommonFlow(flow);
    AppendPacket(time_ns, wire_bytes, flow->row, packet.from_high != flow->low_is_home,
                 packet.tcp_flags);
  }

  size_t packets() const { return packets_; }

  // The batch as it is now; lives until Clear.
  v1::PacketBatch* Finish();
  // Empties the batch, keeping its memory.
  void Clear();

 private:
  // One direction of a flow.
  struct alignas(64) Entry {
    PacketEnds ends;
    uint32_t row;  // of the flow table
    bool outbound;
  };
  // Open addressing; a slot of another batch is empty.
  struct Slot {
    uint32_t batch = 0;
    uint32_t hash = 0;
    uint32_t entry = 0;
  };
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
  const Entry& Find(const PacketEnds& ends);
  // The slot of `ends`, or the empty one where it belongs.
  Slot* Probe(const PacketEnds& ends, uint64_t hash);
  const Entry& Insert(const PacketEnds& ends, uint64_t hash);
  void AppendCommonFlow(CommonFlows::Flow* flow);
  uint32_t AppendFlow(FlowKey key);
  void WritePackets();
  void WriteFlows();
  template <size_t kBytes, typename Field>
  static void WriteColumn(std::span<const Row> rows, Field Row::*field, std::string* column);

  const HomeNetworks home_;
  const std::unique_ptr<Anonymizer> anonymizer_;
  CommonFlows common_;
  std::vector<Slot> slots_;  // a power of two, at least twice kMaxPackets
  std::vector<Entry> entries_;
  uint32_t batch_number_ = 1;
  size_t packets_ = 0;
  Columns columns_;
  uint32_t flows_ = 0;
  std::vector<Row> rows_;
  v1::PacketBatch batch_;
};

}  // namespace silhouette
