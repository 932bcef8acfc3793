#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "common/accounting.h"
#include "common/packet_bits.h"
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
};

inline FlowKey FlowOf(const Packet& packet) {
  const uint8_t home[] = {192, 168, 1, packet.host};
  const uint8_t remote[] = {203, 0, 113, 7};
  FlowKey flow;
  flow.home = IpAddress::FromV4(home);
  flow.remote = IpAddress::FromV4(remote);
  flow.home_port = packet.port;
  flow.remote_port = 443;
  flow.protocol = packet.protocol;
  flow.home_is_home = true;
  return flow;
}

inline std::string SubjectOf(const Packet& packet) {
  const FlowKey flow = FlowOf(packet);
  return "conversation:" + flow.home.ToString() + "-" + flow.remote.ToString() + "/" +
         ProtocolName(flow.protocol);
}

// A flow for each packet: the dictionary's use is the sender's choice.
inline void AddPacket(const Packet& packet, v1::PacketBatch* batch) {
  const FlowKey flow = FlowOf(packet);
  batch->add_time_ns(packet.time_ns);
  batch->add_wire_bytes(packet.wire_bytes);
  batch->add_flow(static_cast<uint32_t>(batch->flows().ports_size()));
  batch->mutable_flags()->push_back(packet.outbound ? kPacketOutbound : 0);
  batch->mutable_tcp_flags()->push_back(0);
  v1::FlowTable* table = batch->mutable_flows();
  const auto text = [](const IpAddress& a) { return std::string(a.bytes.begin(), a.bytes.end()); };
  table->mutable_home_address()->append(text(flow.home));
  table->mutable_remote_address()->append(text(flow.remote));
  table->add_ports(uint32_t{flow.home_port} << 16 | flow.remote_port);
  table->mutable_protocol()->push_back(static_cast<char>(flow.protocol));
  table->mutable_scope()->push_back(kHomeEndIsHome);
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

inline std::unique_ptr<FeatureEngine> MakeEngine(std::vector<v1::WindowSpec> specs = {
                                                     PresenceSpec()}) {
  return *FeatureEngine::Create({specs, SpecSetHash(specs)});
}

// One window of one table.
struct Row {
  int64_t start_ns;
  std::string subject;
  std::vector<double> values;

  // To the last bit: a NaN equals itself and 0 is not -0.
  bool operator==(const Row& other) const {
    return std::tie(start_ns, subject) == std::tie(other.start_ns, other.subject) &&
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
                     std::vector<double>(values, values + features)});
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
