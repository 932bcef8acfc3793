#include "common/parse/ip_layer.h"

#include <netinet/in.h>

#include <algorithm>

#include "common/parse/bytes.h"

namespace silhouette {
namespace {

constexpr size_t kIpv4Header = 20;
constexpr size_t kIpv6Header = 40;

// Bytes of a transport header without its options, 0 of a protocol that is not looked into.
size_t TransportHeaderBytes(uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return 20;
    case IPPROTO_UDP:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return 8;
    default:
      return 0;
  }
}

// Ports and flags, as far as the capture holds them. TCP after RFC 9293, UDP after RFC 768.
void ReadTransport(std::span<const uint8_t> segment, PacketHeaders* headers) {
  headers->header_end =
      segment.data() + std::min(segment.size(), TransportHeaderBytes(headers->protocol));
  if (headers->protocol != IPPROTO_TCP && headers->protocol != IPPROTO_UDP) return;
  if (segment.size() < 4) return;
  headers->source_port = ReadU16(segment, 0);
  headers->destination_port = ReadU16(segment, 2);
  if (headers->protocol == IPPROTO_TCP && segment.size() > 13) headers->tcp_flags = segment[13];
}

void MarkFragment(bool first, uint32_t id, PacketHeaders* headers) {
  using Fragment = PacketHeaders::Fragment;
  headers->fragment = first ? Fragment::kFirst : Fragment::kLater;
  headers->ports_unknown = !first;
  headers->fragment_id = id;
}

// The capture ends before the addresses.
ParseOutcome Cut(std::span<const uint8_t> packet, PacketHeaders* headers) {
  headers->network = Network::kCut;
  headers->header_end = packet.data() + packet.size();
  return ParseOutcome::kOk;
}

// What follows the header, without what Ethernet pads short frames with. A total of 0 comes from
// network cards that split segments themselves, and from IPv6 jumbograms: then all of it.
std::span<const uint8_t> Payload(std::span<const uint8_t> packet, size_t header_bytes,
                                 size_t total_bytes) {
  const size_t end = total_bytes == 0 ? packet.size() : std::min(packet.size(), total_bytes);
  return end <= header_bytes ? std::span<const uint8_t>()
                             : packet.subspan(header_bytes, end - header_bytes);
}

bool IsExtension(uint8_t next_header) {
  switch (next_header) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_FRAGMENT:
    case IPPROTO_DSTOPTS:
    case IPPROTO_AH:
      return true;
    default:
      return false;
  }
}

size_t ExtensionBytes(uint8_t next_header, uint8_t length_field) {
  if (next_header == IPPROTO_FRAGMENT) return 8;
  if (next_header == IPPROTO_AH) return (static_cast<size_t>(length_field) + 2) * 4;
  return (static_cast<size_t>(length_field) + 1) * 8;
}

}  // namespace

ParseOutcome ReadIpv4(std::span<const uint8_t> packet, PacketHeaders* headers,
                      std::span<const uint8_t>* segment) {
  *segment = {};
  if (packet.empty()) return Cut(packet, headers);
  const size_t header_bytes = static_cast<size_t>(packet[0] & 0x0f) * 4;
  if (packet[0] >> 4 != 4 || header_bytes < kIpv4Header) return ParseOutcome::kMalformed;
  if (packet.size() < kIpv4Header) return Cut(packet, headers);
  const uint16_t total_bytes = ReadU16(packet, 2);
  if (total_bytes != 0 && total_bytes < header_bytes) return ParseOutcome::kMalformed;
  headers->protocol = packet[9];
  headers->source = IpAddress::FromV4(&packet[12]);
  headers->destination = IpAddress::FromV4(&packet[16]);
  headers->header_end = packet.data() + std::min(packet.size(), header_bytes);
  const uint16_t fragment = ReadU16(packet, 6);
  constexpr uint16_t kMoreFragments = 0x2000, kOffset = 0x1fff;
  const bool first = (fragment & kOffset) == 0;
  if (!first || (fragment & kMoreFragments) != 0) MarkFragment(first, ReadU16(packet, 4), headers);
  if (!first) return ParseOutcome::kOk;
  *segment = Payload(packet, header_bytes, total_bytes);
  if (!segment->empty()) ReadTransport(*segment, headers);
  return ParseOutcome::kOk;
}

ParseOutcome ReadIpv6(std::span<const uint8_t> packet, PacketHeaders* headers,
                      std::span<const uint8_t>* segment) {
  *segment = {};
  if (packet.empty()) return Cut(packet, headers);
  if (packet[0] >> 4 != 6) return ParseOutcome::kMalformed;
  if (packet.size() < kIpv6Header) return Cut(packet, headers);
  headers->protocol = packet[6];
  headers->source = IpAddress::FromV6(&packet[8]);
  headers->destination = IpAddress::FromV6(&packet[24]);
  headers->header_end = packet.data() + kIpv6Header;
  const size_t payload_bytes = ReadU16(packet, 4);
  std::span<const uint8_t> rest =
      Payload(packet, kIpv6Header, payload_bytes == 0 ? 0 : kIpv6Header + payload_bytes);
  while (IsExtension(headers->protocol)) {
    if (rest.size() < 8) return ParseOutcome::kOk;  // cut: the addresses are known, the ports not
    const uint8_t extension = headers->protocol;
    const size_t bytes = ExtensionBytes(extension, rest[1]);
    headers->protocol = rest[0];
    headers->header_end = rest.data() + std::min(rest.size(), bytes);
    if (extension == IPPROTO_FRAGMENT) {
      const uint16_t fragment = ReadU16(rest, 2);
      const bool first = (fragment & 0xfff8) == 0, more = (fragment & 1) != 0;
      if (!first || more) MarkFragment(first, ReadU32(rest, 4), headers);
      if (!first) return ParseOutcome::kOk;
    }
    if (rest.size() < bytes) return ParseOutcome::kOk;
    rest = rest.subspan(bytes);
  }
  *segment = rest;
  if (!rest.empty()) ReadTransport(rest, headers);
  return ParseOutcome::kOk;
}

ParseOutcome ReadArp(std::span<const uint8_t> message, PacketHeaders* headers) {
  constexpr size_t kHeader = 8, kIpv4Bytes = 4;
  if (message.size() < kHeader) return Cut(message, headers);
  const size_t hardware_bytes = message[4];
  const bool about_ipv4 = ReadU16(message, 2) == 0x0800 && message[5] == kIpv4Bytes;
  headers->header_end = message.data() + kHeader;
  if (!about_ipv4) {
    headers->network = Network::kOther;
    return ParseOutcome::kOk;
  }
  const size_t bytes = kHeader + 2 * (hardware_bytes + kIpv4Bytes);
  if (message.size() < bytes) return Cut(message, headers);
  headers->network = Network::kArp;
  headers->source = IpAddress::FromV4(&message[kHeader + hardware_bytes]);
  headers->destination = IpAddress::FromV4(&message[bytes - kIpv4Bytes]);
  headers->header_end = message.data() + bytes;
  return ParseOutcome::kOk;
}

}  // namespace silhouette
