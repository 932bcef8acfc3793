#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "common/accounting.h"
#include "common/packet_bits.h"
#include "common/subject.h"
#include "common/window_spec.h"
#include "feature-svc/engine.h"

// Packet batches as capture-svc makes them, and windows as rows, for tests.
namespace silhouette::test_packets {

inline constexpr int64_t kMilli = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;

struct Packet {
  int64_t time_ns = 0;
  uint32_t wire_bytes = 100;
  bool outbound = true;
  uint8_t host = 20;  // the home host 192.168.1.HOST is the subject
  uint8_t protocol = 17;
  uint16_t port = 50000;
  uint16_t remote_port = 443;
  uint8_t remote = 7;           // 203.0.113.REMOTE, or 192.168.1.REMOTE for a remote end at home
  bool remote_is_home = false;  // always so for ARP and what has hardware addresses alone
  uint8_t tcp_flags = 0;
  Network network = Network::kIp;
  bool with_macs = false;  // 02:00:00:00:01:HOST at home, 02:00:00:00:00:01 for all others
};

inline MacAddress MacOf(uint8_t host, bool is_home) {
  const uint8_t bytes[] = {2, 0, 0, 0, is_home, is_home ? host : uint8_t{1}};
  return MacAddress::From(bytes);
}

inline FlowKey FlowOf(const Packet& packet) {
  FlowKey flow;
  flow.network = packet.network;
  flow.home_is_home = true;
  flow.remote_is_home = packet.remote_is_home || packet.network != Network::kIp;
  if (packet.with_macs) {
    flow.home_mac = MacOf(packet.host, true);
    flow.remote_mac = MacOf(packet.remote, flow.remote_is_home);
  }
  if (packet.network != Network::kIp && packet.network != Network::kArp) return flow;
  const uint8_t home[] = {192, 168, 1, packet.host};
  const uint8_t remote_home[] = {192, 168, 1, packet.remote};
  const uint8_t remote[] = {203, 0, 113, packet.remote};
  flow.home = IpAddress::FromV4(home);
  flow.remote = IpAddress::FromV4(flow.remote_is_home ? remote_home : remote);
  if (packet.network == Network::kArp) return flow;
  flow.home_port = packet.port;
  flow.remote_port = packet.remote_port;
  flow.protocol = packet.protocol;
  return flow;
}

inline std::string SubjectOf(const Packet& packet) {
  const FlowKey flow = FlowOf(packet);
  return "conversation:" + flow.home.ToString() + "-" + flow.remote.ToString() + "/" +
         ProtocolName(flow.protocol);
}

// Columns that are empty while no flow has anything to say there become long enough.
template <typename Bytes>
void AppendWhereAny(const Bytes& bytes, size_t flows, std::string* column) {
  const bool any = std::any_of(bytes.begin(), bytes.end(), [](auto byte) { return byte != 0; });
  if (!any && column->empty()) return;
  column->resize(bytes.size() * flows);
  column->append(bytes.begin(), bytes.end());
}

inline void AddFlow(const FlowKey& flow, v1::FlowTable* table) {
  const auto text = [](const IpAddress& a) { return std::string(a.bytes.begin(), a.bytes.end()); };
  const auto flows = static_cast<size_t>(table->ports_size());
  table->mutable_home_address()->append(text(flow.home));
  table->mutable_remote_address()->append(text(flow.remote));
  table->add_ports(uint32_t{flow.home_port} << 16 | flow.remote_port);
  table->mutable_protocol()->push_back(static_cast<char>(flow.protocol));
  table->mutable_scope()->push_back(static_cast<char>((flow.home_is_home ? kHomeEndIsHome : 0) |
                                                      (flow.remote_is_home ? kRemoteEndIsHome : 0) |
                                                      (flow.ports_unknown ? kPortsUnknown : 0)));
  AppendWhereAny(flow.home_mac.bytes, flows, table->mutable_home_mac());
  AppendWhereAny(flow.remote_mac.bytes, flows, table->mutable_remote_mac());
  AppendWhereAny(std::array{static_cast<uint8_t>(flow.network)}, flows, table->mutable_network());
  if (flow.vlan == 0 && table->vlan().empty()) return;
  table->mutable_vlan()->Resize(static_cast<int>(flows), 0);
  table->add_vlan(flow.vlan);
}

// A flow for each packet: the dictionary's use is the sender's choice.
inline void AddPacket(const Packet& packet, v1::PacketBatch* batch) {
  batch->add_time_ns(packet.time_ns);
  batch->add_wire_bytes(packet.wire_bytes);
  batch->add_flow(static_cast<uint32_t>(batch->flows().ports_size()));
  batch->mutable_flags()->push_back(packet.outbound ? kPacketOutbound : 0);
  batch->mutable_tcp_flags()->push_back(static_cast<char>(packet.tcp_flags));
  AddFlow(FlowOf(packet), batch->mutable_flows());
}

// Numbers batches, and keeps watermark and accounts, as capture-svc does.
class BatchMaker {
 public:
  explicit BatchMaker(int64_t lateness_ns = 0, int64_t grid_start_ns = 0)
      : lateness_ns_(lateness_ns), grid_start_ns_(grid_start_ns) {}

  v1::PacketBatch Make(std::span<const Packet> packets, bool end_of_run = false) {
    v1::PacketBatch batch;
    for (const Packet& packet : packets) {
      if (sent_ == 0) first_ns_ = newest_ns_ = packet.time_ns;
      newest_ns_ = std::max(newest_ns_, packet.time_ns);
      ++sent_;
      AddPacket(packet, &batch);
    }
    v1::BatchHeader* header = batch.mutable_header();
    header->set_origin("test");
    header->set_run("1");
    header->set_sequence(++sequence_);
    header->set_watermark_ns(end_of_run ? newest_ns_ : newest_ns_ - lateness_ns_);
    header->set_grid_start_ns(grid_start_ns_);
    header->set_first_packet_ns(first_ns_);
    header->set_end_of_run(end_of_run);
    // One packet in ten never came this far.
    header->mutable_accounting()->set_received(sent_ + sent_ / 10);
    header->mutable_accounting()->set_malformed(sent_ / 10);
    header->mutable_accounting()->set_pending(sent_);
    return batch;
  }

 private:
  const int64_t lateness_ns_;
  const int64_t grid_start_ns_;
  int64_t first_ns_ = 0;
  int64_t newest_ns_ = 0;
  uint64_t sent_ = 0;
  uint64_t sequence_ = 0;
};

inline v1::WindowSpec PresenceSpec(int64_t length_ns = kSecond / 2,
                                   std::vector<uint32_t> protocols = {17}) {
  v1::WindowSpec spec;
  spec.set_subject(v1::SUBJECT_KIND_CONVERSATION);
  spec.set_length_ns(length_ns);
  spec.set_schema("presence.v1");
  for (uint32_t protocol : protocols) spec.mutable_filter()->add_ip_protocols(protocol);
  (void)NormalizeSpec(&spec);
  return spec;
}

inline std::unique_ptr<FeatureEngine> MakeEngine(
    std::vector<v1::WindowSpec> specs = {PresenceSpec()}, FeatureLimits limits = {}) {
  return *FeatureEngine::Create({specs, SpecSetHash(specs)}, limits);
}

// One window of one table.
struct Row {
  int64_t start_ns;
  std::string subject;
  std::vector<double> values;
  bool partial = false;

  // To the last bit: a NaN equals itself and 0 is not -0.
  bool operator==(const Row& other) const {
    return std::tie(start_ns, subject, partial) ==
               std::tie(other.start_ns, other.subject, other.partial) &&
           values.size() == other.values.size() &&
           std::memcmp(values.data(), other.values.data(), values.size() * sizeof(double)) == 0;
  }
};

inline void AppendRows(const v1::WindowTable& table, std::vector<Row>* rows) {
  const int windows = table.start_ns_size();
  for (int w = 0; w < windows; ++w) {
    const int features = table.values_size() / windows;
    const double* values = table.values().data() + w * features;
    rows->push_back({table.start_ns(w), table.subjects(static_cast<int>(table.subject(w))),
                     std::vector<double>(values, values + features),
                     table.flags()[static_cast<size_t>(w)] == kWindowPartial});
  }
}

inline std::vector<Row> RowsOf(const std::vector<v1::WindowBatch>& batches) {
  std::vector<Row> rows;
  for (const v1::WindowBatch& batch : batches) {
    for (const v1::WindowTable& table : batch.tables()) AppendRows(table, &rows);
  }
  return rows;
}

}  // namespace silhouette::test_packets
