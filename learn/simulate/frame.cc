#include "learn/simulate/frame.h"

#include <span>
#include <utility>

namespace silhouette::simulate {
namespace {

constexpr size_t kEthernetBytes = 14;
constexpr size_t kArpBytes = 28;
constexpr size_t kIpv4Bytes = 20;
constexpr size_t kIpv6Bytes = 40;
constexpr uint8_t kTimeToLive = 64;
constexpr uint8_t kOwnLinkOnly = 255;  // RFC 4861, neighbours; RFC 6762, mDNS

class HeaderWriter {
 public:
  void U8(uint8_t value) { bytes_.push_back(value); }
  void U16(uint32_t value) {
    U8(static_cast<uint8_t>(value >> 8));
    U8(static_cast<uint8_t>(value));
  }
  void U32(uint32_t value) {
    U16(value >> 16);
    U16(value);
  }
  void Mac(const MacAddress& mac) { bytes_.insert(bytes_.end(), mac.begin(), mac.end()); }
  void Ip(const IpAddress& address) {
    bytes_.insert(bytes_.end(), address.bytes.begin(),
                  address.bytes.begin() + (address.is_v6 ? 16 : 4));
  }
  void PatchU16(size_t offset, uint16_t value) {
    bytes_[offset] = static_cast<uint8_t>(value >> 8);
    bytes_[offset + 1] = static_cast<uint8_t>(value);
  }
  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> From(size_t offset) const { return std::span(bytes_).subspan(offset); }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

size_t TransportBytes(const SimulatedPacket& packet) {
  if (packet.fragment_offset > 0) return 0;
  return packet.protocol == Protocol::kTcp ? 20 + packet.tcp_option_bytes : 8;
}

// What the transport header and its data take, without the padding of a short frame.
uint32_t LengthAfter(const SimulatedPacket& packet, size_t bytes) {
  return static_cast<uint32_t>(packet.wire_bytes - packet.padding_bytes - bytes);
}

uint8_t ProtocolNumber(const SimulatedPacket& packet) {
  if (packet.protocol == Protocol::kTcp) return 6;
  if (packet.protocol == Protocol::kUdp) return 17;
  return packet.source.is_v6 ? 58 : 1;
}

uint64_t SumOfWords(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

// The Internet checksum, RFC 1071.
uint16_t Checksum(uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

bool IsLinkLocalGroup(const IpAddress& address) {
  return address.bytes[0] == 224 && address.bytes[1] == 0 && address.bytes[2] == 0;
}

void AppendArp(const SimulatedPacket& packet, HeaderWriter& out) {
  constexpr uint8_t kRequest = 1;
  out.U16(1);       // Ethernet
  out.U16(0x0800);  // IPv4
  out.U8(6);
  out.U8(4);
  out.U16(packet.message_type);
  out.Mac(packet.source_mac);
  out.Ip(packet.source);
  // A request asks for this address, so it cannot know it.
  out.Mac(packet.message_type == kRequest ? MacAddress{} : packet.destination_mac);
  out.Ip(packet.destination);
}

uint8_t TimeToLive(const SimulatedPacket& packet) {
  if (packet.time_to_live != 0) return packet.time_to_live;
  return IsLinkLocalGroup(packet.destination) ? kOwnLinkOnly : kTimeToLive;
}

// Identification, flags and offset.
void AppendFragment(const SimulatedPacket& packet, HeaderWriter& out) {
  constexpr uint32_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetUnit = 8;
  out.U16(packet.identification);  // RFC 6864 allows none with kDontFragment
  if (packet.more_fragments || packet.fragment_offset > 0) {
    out.U16((packet.more_fragments ? kMoreFragments : 0) | packet.fragment_offset / kOffsetUnit);
  } else {
    out.U16(kDontFragment);
  }
}

// Options that say nothing, but for the segment size that a SYN tells of.
void AppendTcpOptions(const SimulatedPacket& packet, HeaderWriter& out) {
  constexpr uint32_t kSegmentSize = 0x020405b4, kNothing = 0x01010101;
  for (uint8_t i = 0; i < packet.tcp_option_bytes; i += 4) {
    out.U32(i == 0 && (packet.tcp_flags & kSyn) != 0 ? kSegmentSize : kNothing);
  }
}

void AppendIpv4(const SimulatedPacket& packet, HeaderWriter& out) {
  const size_t begin = out.size();
  out.U8(0x45);
  out.U8(0);
  out.U16(LengthAfter(packet, kEthernetBytes));
  AppendFragment(packet, out);
  out.U8(TimeToLive(packet));
  out.U8(ProtocolNumber(packet));
  out.U16(0);
  out.Ip(packet.source);
  out.Ip(packet.destination);
  out.PatchU16(begin + 10, Checksum(SumOfWords(out.From(begin))));
}

void AppendIpv6(const SimulatedPacket& packet, HeaderWriter& out) {
  out.U32(0x60000000);
  out.U16(packet.wire_bytes - kEthernetBytes - kIpv6Bytes);
  out.U8(ProtocolNumber(packet));
  out.U8(packet.protocol == Protocol::kIcmp ? kOwnLinkOnly : kTimeToLive);
  out.Ip(packet.source);
  out.Ip(packet.destination);
}

// Appends the transport header; returns where its checksum is, counted from its start.
size_t AppendTransport(const SimulatedPacket& packet, uint32_t transport_bytes, HeaderWriter& out) {
  switch (packet.protocol) {
    case Protocol::kTcp:
      out.U16(packet.source_port);
      out.U16(packet.destination_port);
      out.U32(packet.tcp_sequence);
      out.U32(packet.tcp_acknowledgment);
      out.U8(static_cast<uint8_t>((5 + packet.tcp_option_bytes / 4) << 4));
      out.U8(packet.tcp_flags);
      out.U16(64240);  // window
      out.U32(0);      // checksum and urgent pointer
      AppendTcpOptions(packet, out);
      return 16;
    case Protocol::kUdp:
      out.U16(packet.source_port);
      out.U16(packet.destination_port);
      out.U16(packet.datagram_bytes != 0 ? packet.datagram_bytes : transport_bytes);
      out.U16(0);
      return 6;
    default:
      out.U8(packet.message_type);
      out.U8(0);
      out.U16(0);
      out.U32(0);
      return 2;
  }
}

void AppendChecked(const SimulatedPacket& packet, HeaderWriter& out) {
  if (packet.fragment_offset > 0) return;
  const size_t begin = out.size();
  const uint32_t transport_bytes = LengthAfter(packet, begin);
  const size_t checksum_at = AppendTransport(packet, transport_bytes, out);
  uint64_t sum = SumOfWords(out.From(begin));
  if (packet.protocol != Protocol::kIcmp || packet.source.is_v6) {
    sum += SumOfWords(packet.source.bytes) + SumOfWords(packet.destination.bytes) +
           transport_bytes + ProtocolNumber(packet);
  }
  uint16_t checksum = Checksum(sum);
  if (packet.protocol == Protocol::kUdp && checksum == 0) checksum = 0xffff;  // 0 says "none"
  out.PatchU16(begin + checksum_at, checksum);
}

}  // namespace

size_t HeaderBytes(const SimulatedPacket& packet) {
  if (packet.protocol == Protocol::kArp) return kEthernetBytes + kArpBytes;
  return kEthernetBytes + (packet.source.is_v6 ? kIpv6Bytes : kIpv4Bytes) + TransportBytes(packet);
}

std::vector<uint8_t> BuildHeaders(const SimulatedPacket& packet) {
  HeaderWriter out;
  out.Mac(packet.destination_mac);
  out.Mac(packet.source_mac);
  if (packet.protocol == Protocol::kArp) {
    out.U16(0x0806);
    AppendArp(packet, out);
  } else if (packet.source.is_v6) {
    out.U16(0x86dd);
    AppendIpv6(packet, out);
    AppendChecked(packet, out);
  } else {
    out.U16(0x0800);
    AppendIpv4(packet, out);
    AppendChecked(packet, out);
  }
  return out.Take();
}

}  // namespace silhouette::simulate
