#include "capture-svc/ip_layer.h"

#include <netinet/in.h>

#include <algorithm>

#include "capture-svc/bytes.h"

namespace silhouette {
namespace {

constexpr size_t kIpv4Header = 20;
constexpr size_t kIpv6Header = 40;

// Ports and flags, as far as the capture holds them. TCP after RFC 9293, UDP after RFC 768.
void ReadTransport(std::span<const uint8_t> segment, PacketHeaders* headers) {
  if (headers->protocol != IPPROTO_TCP && headers->protocol != IPPROTO_UDP) return;
  if (segment.size() < 4) return;
  headers->source_port = ReadU16(segment, 0);
  headers->destination_port = ReadU16(segment, 2);
  if (headers->protocol == IPPROTO_TCP && segment.size() > 13) headers->tcp_flags = segment[13];
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

ParseOutcome ReadIpv4(std::span<const uint8_t> packet, PacketHeaders* headers) {
  if (packet.empty()) return ParseOutcome::kCutShort;
  const size_t header_bytes = static_cast<size_t>(packet[0] & 0x0f) * 4;
  if (packet[0] >> 4 != 4 || header_bytes < kIpv4Header) return ParseOutcome::kMalformed;
  if (packet.size() < kIpv4Header) return ParseOutcome::kCutShort;
  const uint16_t total_bytes = ReadU16(packet, 2);
  if (total_bytes != 0 && total_bytes < header_bytes) return ParseOutcome::kMalformed;
  headers->protocol = packet[9];
  headers->source = IpAddress::FromV4(&packet[12]);
  headers->destination = IpAddress::FromV4(&packet[16]);
  const bool first_fragment = (ReadU16(packet, 6) & 0x1fff) == 0;
  if (first_fragment) ReadTransport(Payload(packet, header_bytes, total_bytes), headers);
  return ParseOutcome::kOk;
}

ParseOutcome ReadIpv6(std::span<const uint8_t> packet, PacketHeaders* headers) {
  if (packet.empty()) return ParseOutcome::kCutShort;
  if (packet[0] >> 4 != 6) return ParseOutcome::kMalformed;
  if (packet.size() < kIpv6Header) return ParseOutcome::kCutShort;
  headers->protocol = packet[6];
  headers->source = IpAddress::FromV6(&packet[8]);
  headers->destination = IpAddress::FromV6(&packet[24]);
  const size_t payload_bytes = ReadU16(packet, 4);
  std::span<const uint8_t> rest =
      Payload(packet, kIpv6Header, payload_bytes == 0 ? 0 : kIpv6Header + payload_bytes);
  while (IsExtension(headers->protocol)) {
    if (rest.size() < 8) return ParseOutcome::kOk;  // cut: the addresses are known, the ports not
    const uint8_t extension = headers->protocol;
    const size_t bytes = ExtensionBytes(extension, rest[1]);
    const bool later_fragment = extension == IPPROTO_FRAGMENT && (ReadU16(rest, 2) & 0xfff8) != 0;
    headers->protocol = rest[0];
    if (later_fragment || rest.size() < bytes) return ParseOutcome::kOk;
    rest = rest.subspan(bytes);
  }
  ReadTransport(rest, headers);
  return ParseOutcome::kOk;
}

}  // namespace silhouette
