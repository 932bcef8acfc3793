#include "learn/simulate/home_wire.h"

#include <algorithm>
#include <utility>

#include "learn/simulate/frame.h"

namespace silhouette::simulate {
namespace {

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
  if (packets_.size() >= most_packets_) {
    is_full_ = true;
    return;
  }
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

void HomeWire::Tcp(int64_t time_ns, const Endpoint& from, const Endpoint& to,
                   const TcpSegment& segment) {
  SimulatedPacket packet = Between(time_ns, from.host, to.host, Protocol::kTcp);
  packet.source_port = from.port;
  packet.destination_port = to.port;
  packet.tcp_flags = segment.flags;
  packet.tcp_option_bytes = segment.option_bytes;
  packet.time_to_live = segment.time_to_live;
  packet.tcp_sequence = segment.sequence;
  packet.tcp_acknowledgment = segment.acknowledgment;
  packet.wire_bytes = static_cast<uint32_t>(HeaderBytes(packet)) + segment.payload_bytes;
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
                             int64_t near_ns, int64_t far_ns, const TcpLook& client_look,
                             const TcpLook& server_look)
    : wire_(wire),
      client_(client),
      server_(server),
      near_ns_(near_ns),
      far_ns_(far_ns),
      client_look_(client_look),
      server_look_(server_look),
      // Any initial numbers do; ports make them differ between connections.
      client_sequence_(client.port * 2654435761U),
      server_sequence_(client.port * 40503U + server.port * 65537U) {}

uint32_t TcpConnection::SegmentBytes(Side side) const {
  const TcpLook& look = side == Side::kClient ? client_look_ : server_look_;
  return look.segment_bytes - look.option_bytes;
}

void TcpConnection::Segment(int64_t time_ns, Side from, uint8_t flags, uint32_t payload_bytes) {
  const bool is_client = from == Side::kClient;
  const Endpoint& source = is_client ? client_ : server_;
  const Endpoint& destination = is_client ? server_ : client_;
  uint32_t& sequence = is_client ? client_sequence_ : server_sequence_;
  const TcpLook& look = is_client ? client_look_ : server_look_;
  TcpSegment segment = {.flags = flags,
                        .option_bytes = look.option_bytes,
                        .time_to_live = look.time_to_live,
                        .sequence = sequence,
                        .payload_bytes = payload_bytes};
  if ((flags & kSyn) != 0) segment.option_bytes = look.syn_option_bytes;
  if ((flags & kRst) != 0) segment.option_bytes = 0;
  if ((flags & kAck) != 0) segment.acknowledgment = is_client ? server_sequence_ : client_sequence_;
  wire_.Tcp(time_ns, source, destination, segment);
  // SYN and FIN each count as a byte.
  sequence += payload_bytes + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
}

int64_t TcpConnection::Open(int64_t time_ns) {
  Segment(time_ns, Side::kClient, kSyn, 0);
  Segment(time_ns + far_ns_, Side::kServer, kSyn | kAck, 0);
  Segment(time_ns + far_ns_ + near_ns_, Side::kClient, kAck, 0);
  return time_ns + far_ns_ + near_ns_;
}

int64_t TcpConnection::Refused(int64_t time_ns) {
  Segment(time_ns, Side::kClient, kSyn, 0);
  server_sequence_ = 0;
  Segment(time_ns + far_ns_, Side::kServer, kRst | kAck, 0);
  return time_ns + far_ns_;
}

int64_t TcpConnection::Unanswered(int64_t time_ns, int again) {
  const uint32_t sequence = client_sequence_;
  int64_t wait = kNanosPerSecond;
  for (int i = 0; i <= again; ++i, time_ns += wait, wait *= 2) {
    client_sequence_ = sequence;  // the same SYN each time
    Segment(time_ns, Side::kClient, kSyn, 0);
  }
  return time_ns;
}

int64_t TcpConnection::ClientSends(int64_t time_ns, uint32_t bytes) {
  constexpr int64_t kGap = 120 * kNanosPerMicrosecond;
  for (uint32_t left = bytes; left > 0; time_ns += kGap) {
    const uint32_t part = std::min(left, SegmentBytes(Side::kClient));
    left -= part;
    Segment(time_ns, Side::kClient, left == 0 ? kPsh | kAck : kAck, part);
  }
  Segment(time_ns + far_ns_, Side::kServer, kAck, 0);
  return time_ns + far_ns_;
}

int64_t TcpConnection::ServerSends(int64_t time_ns, uint32_t bytes, int64_t gap_ns) {
  return Stream(time_ns, Side::kServer, bytes, gap_ns);
}

int64_t TcpConnection::ClientUploads(int64_t time_ns, uint32_t bytes, int64_t gap_ns) {
  return Stream(time_ns, Side::kClient, bytes, gap_ns);
}

int64_t TcpConnection::Stream(int64_t time_ns, Side from, uint32_t bytes, int64_t gap_ns) {
  // An acknowledgment passes before the next segment does, whatever the gap, so that its number is
  // one the other end can know by then.
  const int64_t way = from == Side::kServer ? near_ns_ : far_ns_;
  const int64_t acknowledged_after = std::min(way, gap_ns / 2);
  int64_t last = time_ns;
  for (uint32_t left = bytes, index = 1; left > 0; time_ns += gap_ns, ++index) {
    const uint32_t part = std::min(left, SegmentBytes(from));
    left -= part;
    Segment(time_ns, from, left == 0 ? kPsh | kAck : kAck, part);
    last = time_ns;
    if (index % 2 == 0 || left == 0) {
      last = time_ns + acknowledged_after;
      Segment(last, Other(from), kAck, 0);
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

int64_t TcpConnection::ServerCloses(int64_t time_ns) {
  Segment(time_ns, Side::kServer, kFin | kAck, 0);
  Segment(time_ns + near_ns_, Side::kClient, kFin | kAck, 0);
  Segment(time_ns + near_ns_ + far_ns_, Side::kServer, kAck, 0);
  return time_ns + near_ns_ + far_ns_;
}

int64_t TcpConnection::ClientResets(int64_t time_ns) {
  Segment(time_ns, Side::kClient, kRst | kAck, 0);
  return time_ns;
}

}  // namespace silhouette::simulate
