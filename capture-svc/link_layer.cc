#include "capture-svc/link_layer.h"

#include "capture-svc/bytes.h"
#include "capture-svc/link_type.h"

namespace silhouette {
namespace {

constexpr uint16_t kIpv4 = 0x0800;
constexpr uint16_t kIpv6 = 0x86dd;

bool IsVlanTag(uint16_t ether_type) { return ether_type == 0x8100 || ether_type == 0x88a8; }

// Tags from `at`, where an EtherType stands, up to the network layer.
ParseOutcome SkipVlanTags(std::span<const uint8_t> frame, size_t at, NetworkLayer* network) {
  while (true) {
    if (frame.size() < at + 2) return ParseOutcome::kCutShort;
    const uint16_t ether_type = ReadU16(frame, at);
    if (!IsVlanTag(ether_type)) {
      *network = {ether_type, frame.subspan(at + 2)};
      return ParseOutcome::kOk;
    }
    at += 4;
  }
}

ParseOutcome ReadCooked(std::span<const uint8_t> frame, size_t type_at, size_t header_bytes,
                        NetworkLayer* network) {
  if (frame.size() < header_bytes) return ParseOutcome::kCutShort;
  const uint16_t ether_type = ReadU16(frame, type_at);
  if (IsVlanTag(ether_type)) return SkipVlanTags(frame, header_bytes + 2, network);
  *network = {ether_type, frame.subspan(header_bytes)};
  return ParseOutcome::kOk;
}

// The version nibble says which IP it is.
ParseOutcome ReadRawIp(std::span<const uint8_t> packet, NetworkLayer* network) {
  if (packet.empty()) return ParseOutcome::kCutShort;
  const int version = packet[0] >> 4;
  if (version != 4 && version != 6) return ParseOutcome::kMalformed;
  *network = {version == 4 ? kIpv4 : kIpv6, packet};
  return ParseOutcome::kOk;
}

// A protocol family in the byte order of the capturing machine (null) or of the network (loop).
// All families but IP's have nothing for us, so the version nibble decides.
ParseOutcome ReadLoopback(std::span<const uint8_t> frame, NetworkLayer* network) {
  if (frame.size() < 5) return ParseOutcome::kCutShort;
  const uint8_t family = frame[0] != 0 ? frame[0] : frame[3];
  constexpr uint8_t kInet = 2, kInet6[] = {10, 24, 28, 30};  // Linux, BSDs, macOS
  bool is_ip = family == kInet;
  for (uint8_t number : kInet6) is_ip = is_ip || family == number;
  if (!is_ip) return ParseOutcome::kNotIp;
  return ReadRawIp(frame.subspan(4), network);
}

}  // namespace

ParseOutcome ReadLinkLayer(uint32_t link_type, std::span<const uint8_t> frame,
                           NetworkLayer* network) {
  switch (link_type) {
    case kLinkEthernet:
      return SkipVlanTags(frame, 12, network);
    case kLinkLinuxCooked:
      return ReadCooked(frame, 14, 16, network);
    case kLinkLinuxCooked2:
      return ReadCooked(frame, 0, 20, network);
    case kLinkRaw:
    case kLinkIpv4:
    case kLinkIpv6:
      return ReadRawIp(frame, network);
    case kLinkNull:
    case kLinkLoop:
      return ReadLoopback(frame, network);
    default:
      return ParseOutcome::kUnsupported;
  }
}

}  // namespace silhouette
