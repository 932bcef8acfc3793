#include "tests/bench/scan_batches.h"

#include <algorithm>
#include <string>

#include "capture-svc/batch_builder.h"
#include "common/packet_bits.h"

namespace silhouette::bench {
namespace {

constexpr int64_t kStepNs = 5'000, kLatenessNs = 1'000'000'000;
constexpr uint32_t kWireBytes = 60;
constexpr uint32_t kPorts = 443u << 16 | 40'000;
constexpr char kTcp = 6, kSyn = 2;
constexpr size_t kAddressBytes = 16, kMacBytes = 6;
constexpr char kRemote[kAddressBytes + 1] =
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\x07";  // 203.0.113.7
// 10.0.0.0; the rest of it is zero.
constexpr char kHomeNetwork[kAddressBytes + 1] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a";
constexpr char kHomeMac[] = "\x02\0\0\0\0\x01", kRemoteMac[] = "\x02\0\0\0\0\x02";

std::string Repeated(const char* bytes, size_t length, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text.append(bytes, length);
  return text;
}

// All addresses of 10.0.0.0/8, each once.
void PutHost(size_t number, char* address) {
  const uint32_t host = static_cast<uint32_t>(number) * 0x9e37'79b1;  // odd: no two are equal
  address[13] = static_cast<char>(host >> 16);
  address[14] = static_cast<char>(host >> 8);
  address[15] = static_cast<char>(host);
}

}  // namespace

ScanBatches::ScanBatches() {
  batch_.mutable_header()->set_origin("bench");
  batch_.mutable_header()->set_run("1");
  batch_.mutable_header()->set_first_packet_ns(kStartNs);
  Resize(BatchBuilder::kMaxPackets);
}

const v1::PacketBatch& ScanBatches::Next(size_t most) {
  const size_t count = std::min({most, kMostPackets - packets_, BatchBuilder::kMaxPackets});
  if (count != static_cast<size_t>(batch_.time_ns_size())) Resize(count);
  char* address = batch_.mutable_flows()->mutable_home_address()->data();
  for (size_t i = 0; i < count; ++i, ++packets_) {
    PutHost(packets_, address + i * kAddressBytes);
    batch_.set_time_ns(static_cast<int>(i), kStartNs + static_cast<int64_t>(packets_) * kStepNs);
  }
  FillHeader(kStartNs + (static_cast<int64_t>(packets_) - 1) * kStepNs - kLatenessNs);
  return batch_;
}

const v1::PacketBatch& ScanBatches::Quiet(int64_t watermark_ns) {
  Resize(0);
  FillHeader(watermark_ns);
  return batch_;
}

// What is alike in all packets.
void ScanBatches::Resize(size_t packets) {
  const auto count = static_cast<int>(packets);
  batch_.mutable_time_ns()->Resize(count, 0);
  batch_.mutable_wire_bytes()->Resize(count, kWireBytes);
  batch_.mutable_flow()->Resize(count, 0);
  for (int i = 0; i < count; ++i) batch_.set_flow(i, static_cast<uint32_t>(i));
  batch_.mutable_flags()->assign(packets, 0);
  batch_.mutable_tcp_flags()->assign(packets, kSyn);
  v1::FlowTable* flows = batch_.mutable_flows();
  flows->set_home_address(Repeated(kHomeNetwork, kAddressBytes, packets));
  flows->set_remote_address(Repeated(kRemote, kAddressBytes, packets));
  flows->mutable_ports()->Resize(count, kPorts);
  flows->mutable_protocol()->assign(packets, kTcp);
  flows->mutable_scope()->assign(packets, kHomeEndIsHome);
  flows->set_home_mac(Repeated(kHomeMac, kMacBytes, packets));
  flows->set_remote_mac(Repeated(kRemoteMac, kMacBytes, packets));
  flows->mutable_vlan()->Resize(count, 0);
  flows->mutable_network()->assign(packets, 0);
}

void ScanBatches::FillHeader(int64_t watermark_ns) {
  v1::BatchHeader* header = batch_.mutable_header();
  header->set_sequence(++sequence_);
  header->set_watermark_ns(watermark_ns);
  header->mutable_accounting()->set_received(packets_);
  header->mutable_accounting()->set_pending(packets_);
  batch_.mutable_lost_before();
}

}  // namespace silhouette::bench
