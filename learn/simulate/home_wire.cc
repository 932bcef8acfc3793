#include "learn/simulate/home_wire.h"

#include <algorithm>
#include <utility>

#include "learn/simulate/frame.h"

namespace silhouette::simulate {
namespace {

constexpr uint32_t kSegmentBytes = 1460;  // what an Ethernet frame carries for TCP over IPv4

SimulatedPacket Between(int64_t time_ns, const Host& from, const Host& to, Protocol protocol) {
  return {.time_ns = time_ns,
          .source_mac = from.mac,
          .destination_mac = to.mac,
          .source = from.address,
          .destination = to.address,
          .protocol = protocol};
}

}  // namespace

void HomeWire::Add(SimulatedPacket packet) {
  if (packet.time_ns < begin_ns_ || packet.time_ns >= end_ns_) return;
  packet.time_ns -= packet.time_ns % kNanosPerMicrosecond;
  packets_.push_back(packet);
}

void HomeWire::Udp(int64_t time_ns, const Endpoint& from, const Endpoint& to,
                   uint32_t payload_bytes) {
  SimulatedPacket packet = Between(time_ns, from.host, to.host, Protocol::kUdp);
  packet.source_port = from.port;
  packet.destination_port = to.port;
  packet.wire_bytes = static_cast<uint32_t>(HeaderBytes(packet)) + payload_bytes;
  Add(packet);
}

void HomeWire::Icmp(int64_t time_ns, const Host& from, const Host& to, uint8_t type,
                    uint32_t payload_bytes) {
  SimulatedPacket packet = Between(time_ns, from, to, Protocol::kIcmp);
  packet.message_type = type;
  packet.wire_bytes = static_cast<uint32_t>(HeaderBytes(packet)) + payload_bytes;
  Add(packet);
}

void HomeWire::Arp(int64_t time_ns, const Host& from, const Host& to, uint8_t operation) {
  constexpr uint32_t kPaddedFrame = 60;
  SimulatedPacket packet = Between(time_ns, from, to, Protocol::kArp);
  packet.message_type = operation;
  packet.wire_bytes = kPaddedFrame;
  Add(packet);
}

std::vector<SimulatedPacket> HomeWire::TakeSorted() {
  std::stable_sort(
      packets_.begin(), packets_.end(),
      [](const SimulatedPacket& a, const SimulatedPacket& b) { return a.time_ns < b.time_ns; });
  return std::move(packets_);
}

TcpConnection::TcpConnection(HomeWire& wire, const Endpoint& client, const Endpoint& server,
                             int64_t near_ns, int64_t far_ns)
    : wire_(wire),
      client_(client),
      server_(server),
      near_ns_(near_ns),
      far_ns_(far_ns),
      // Any initial numbers do; ports make them differ between connections.
      client_sequence_(client.port * 2654435761U),
      server_sequence_(client.port * 40503U + server.port * 65537U) {}

void TcpConnection::Segment(int64_t time_ns, Side from, uint8_t flags, uint32_t payload_bytes) {
  const bool is_client = from == Side::kClient;
  const Endpoint& source = is_client ? client_ : server_;
  const Endpoint& destination = is_client ? server_ : client_;
  uint32_t& sequence = is_client ? client_sequence_ : server_sequence_;
  SimulatedPacket packet = Between(time_ns, source.host, destination.host, Protocol::kTcp);
  packet.source_port = source.port;
  packet.destination_port = destination.port;
  packet.tcp_flags = flags;
  packet.tcp_sequence = sequence;
  if ((flags & kAck) != 0) {
    packet.tcp_acknowledgment = is_client ? server_sequence_ : client_sequence_;
  }
  packet.wire_bytes = static_cast<uint32_t>(HeaderBytes(packet)) + payload_bytes;
  wire_.Add(packet);
  // SYN and FIN each count as a byte.
  sequence += payload_bytes + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
}

int64_t TcpConnection::Open(int64_t time_ns) {
  Segment(time_ns, Side::kClient, kSyn, 0);
  Segment(time_ns + far_ns_, Side::kServer, kSyn | kAck, 0);
  Segment(time_ns + far_ns_ + near_ns_, Side::kClient, kAck, 0);
  return time_ns + far_ns_ + near_ns_;
}

int64_t TcpConnection::ClientSends(int64_t time_ns, uint32_t bytes) {
  constexpr int64_t kGap = 120 * kNanosPerMicrosecond;
  for (uint32_t left = bytes; left > 0; time_ns += kGap) {
    const uint32_t part = std::min(left, kSegmentBytes);
    left -= part;
    Segment(time_ns, Side::kClient, left == 0 ? kPsh | kAck : kAck, part);
  }
  Segment(time_ns + far_ns_, Side::kServer, kAck, 0);
  return time_ns + far_ns_;
}

int64_t TcpConnection::ServerSends(int64_t time_ns, uint32_t bytes, int64_t gap_ns) {
  // An acknowledgment passes before the next segment does, whatever the gap, so that its number is
  // one the client can know by then.
  const int64_t acknowledged_after = std::min(near_ns_, gap_ns / 2);
  int64_t last = time_ns;
  for (uint32_t left = bytes, index = 1; left > 0; time_ns += gap_ns, ++index) {
    const uint32_t part = std::min(left, kSegmentBytes);
    left -= part;
    Segment(time_ns, Side::kServer, left == 0 ? kPsh | kAck : kAck, part);
    last = time_ns;
    if (index % 2 == 0 || left == 0) {
      last = time_ns + acknowledged_after;
      Segment(last, Side::kClient, kAck, 0);
    }
  }
  return last;
}

int64_t TcpConnection::Close(int64_t time_ns) {
  Segment(time_ns, Side::kClient, kFin | kAck, 0);
  Segment(time_ns + far_ns_, Side::kServer, kFin | kAck, 0);
  Segment(time_ns + far_ns_ + near_ns_, Side::kClient, kAck, 0);
  return time_ns + far_ns_ + near_ns_;
}

}  // namespace silhouette::simulate
