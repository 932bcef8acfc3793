#include "common/parse/link_layer.h"

#include <algorithm>

#include "common/parse/bytes.h"
#include "common/parse/link_type.h"
#include "common/parse/wifi_layer.h"

namespace silhouette {
namespace {

using Bytes = std::span<const uint8_t>;

bool IsVlanTag(uint16_t ether_type) {
  return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100;
}

// Reading ends behind the `looked_at` first bytes.
NetworkLayer Unreadable(Bytes bytes, size_t looked_at) {
  return {kEtherNone, bytes.subspan(std::min(looked_at, bytes.size()))};
}

// What follows an EtherType, a length of an 802.3 frame among them.
NetworkLayer AfterType(uint16_t ether_type, Bytes bytes) {
  constexpr uint16_t kFirstType = 0x0600;
  if (ether_type < kFirstType) return ReadLlc(bytes);
  return {ether_type, bytes};
}

// Tags from `at`, where an EtherType stands, up to the network layer. A frame that ends before
// has none.
NetworkLayer SkipVlanTags(Bytes frame, size_t at, PacketHeaders* headers) {
  while (frame.size() >= at + 2) {
    const uint16_t ether_type = ReadU16(frame, at);
    if (!IsVlanTag(ether_type)) return AfterType(ether_type, frame.subspan(at + 2));
    if (frame.size() < at + 4) break;
    headers->vlan = (headers->vlan << 12 | (ReadU16(frame, at + 2) & 0x0fff)) & 0x00ff'ffff;
    at += 4;
  }
  headers->network = Network::kCut;
  return {kEtherNone, frame.last(0)};
}

// `address_at` is that of the sender, whose length is `address_bytes`.
ParseOutcome ReadCooked(Bytes frame, size_t type_at, size_t header_bytes, size_t address_bytes,
                        size_t address_at, PacketHeaders* headers, NetworkLayer* network) {
  constexpr uint16_t kLlc = 4;
  if (address_bytes == 6) headers->source_mac = MacAddress::From(&frame[address_at]);
  const uint16_t ether_type = ReadU16(frame, type_at);
  const Bytes rest = frame.subspan(header_bytes);
  if (IsVlanTag(ether_type)) {
    if (rest.size() < 4) return ParseOutcome::kCutShort;
    headers->vlan = ReadU16(rest, 0) & 0x0fff;
    *network = SkipVlanTags(rest, 2, headers);
  } else if (ether_type == kLlc) {
    *network = ReadLlc(rest);
  } else {
    *network = {ether_type, rest};
  }
  return ParseOutcome::kOk;
}

ParseOutcome ReadCookedV1(Bytes frame, PacketHeaders* headers, NetworkLayer* network) {
  if (frame.size() < 16) return ParseOutcome::kCutShort;
  return ReadCooked(frame, 14, 16, ReadU16(frame, 4), 6, headers, network);
}

ParseOutcome ReadCookedV2(Bytes frame, PacketHeaders* headers, NetworkLayer* network) {
  if (frame.size() < 20) return ParseOutcome::kCutShort;
  return ReadCooked(frame, 0, 20, frame[11], 12, headers, network);
}

// The version nibble says which IP it is.
ParseOutcome ReadRawIp(Bytes packet, NetworkLayer* network) {
  if (packet.empty()) return ParseOutcome::kCutShort;
  const int version = packet[0] >> 4;
  if (version != 4 && version != 6) return ParseOutcome::kMalformed;
  *network = {version == 4 ? kEtherIpv4 : kEtherIpv6, packet};
  return ParseOutcome::kOk;
}

// A protocol family in the byte order of the capturing machine (null) or of the network (loop).
// All families but IP's have nothing for us, so the version nibble decides.
ParseOutcome ReadLoopback(Bytes frame, NetworkLayer* network) {
  if (frame.size() < 5) return ParseOutcome::kCutShort;
  const uint8_t family = frame[0] != 0 ? frame[0] : frame[3];
  constexpr uint8_t kInet = 2, kInet6[] = {10, 24, 28, 30};  // Linux, BSDs, macOS
  const bool is_ip = family == kInet ||
                     std::find(std::begin(kInet6), std::end(kInet6), family) != std::end(kInet6);
  if (!is_ip) return ParseOutcome::kNotIp;
  return ReadRawIp(frame.subspan(4), network);
}

ParseOutcome ReadPppFrame(Bytes frame, NetworkLayer* network) {
  if (frame.size() < 4) return ParseOutcome::kCutShort;
  constexpr uint8_t kCiscoUnicast = 0x0f, kCiscoMulticast = 0x8f;
  const bool cisco = frame[0] == kCiscoUnicast || frame[0] == kCiscoMulticast;
  *network = cisco ? NetworkLayer{ReadU16(frame, 2), frame.subspan(4)} : ReadPpp(frame);
  return ParseOutcome::kOk;
}

}  // namespace

ParseOutcome ReadEthernet(Bytes frame, PacketHeaders* headers, NetworkLayer* network) {
  if (frame.size() < 12) return ParseOutcome::kCutShort;
  headers->destination_mac = MacAddress::From(&frame[0]);
  headers->source_mac = MacAddress::From(&frame[6]);
  *network = SkipVlanTags(frame, 12, headers);
  return ParseOutcome::kOk;
}

NetworkLayer ReadLlc(Bytes bytes) {
  constexpr size_t kLlcHeader = 3, kSnapHeader = 8;
  if (bytes.size() < kSnapHeader) return Unreadable(bytes, kSnapHeader);
  const bool snap = bytes[0] == 0xaa && bytes[1] == 0xaa && bytes[2] == 0x03;
  if (!snap) return Unreadable(bytes, kLlcHeader);
  // The organization that numbers by EtherType, or bridges Ethernet to it (RFC 1042, 802.1H).
  const bool ether_type = bytes[3] == 0 && bytes[4] == 0 && (bytes[5] == 0 || bytes[5] == 0xf8);
  if (!ether_type) return Unreadable(bytes, kSnapHeader);
  return {ReadU16(bytes, 6), bytes.subspan(kSnapHeader)};
}

NetworkLayer ReadPpp(Bytes bytes) {
  constexpr uint16_t kIpv4 = 0x0021, kIpv6 = 0x0057, kMpls = 0x0281, kMplsMulticast = 0x0283;
  if (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0x03) bytes = bytes.subspan(2);
  if (bytes.size() < 2) return Unreadable(bytes, 2);
  // An odd first byte is a protocol number of one byte.
  const bool compressed = (bytes[0] & 1) != 0;
  const uint16_t protocol = compressed ? bytes[0] : ReadU16(bytes, 0);
  bytes = bytes.subspan(compressed ? 1 : 2);
  switch (protocol) {
    case kIpv4:
      return {kEtherIpv4, bytes};
    case kIpv6:
      return {kEtherIpv6, bytes};
    case kMpls:
    case kMplsMulticast:
      return {kEtherMpls, bytes};
    default:
      return Unreadable(bytes, 0);
  }
}

NetworkLayer ReadPppoe(Bytes bytes) {
  constexpr size_t kHeader = 6;
  if (bytes.size() < kHeader) return Unreadable(bytes, kHeader);
  return ReadPpp(bytes.subspan(kHeader));
}

NetworkLayer ReadMpls(Bytes bytes) {
  bool bottom = false;
  while (!bottom) {
    if (bytes.size() < 5) return Unreadable(bytes, 5);
    bottom = (bytes[2] & 1) != 0;
    bytes = bytes.subspan(4);
  }
  const int version = bytes[0] >> 4;
  if (version == 4) return {kEtherIpv4, bytes};
  if (version == 6) return {kEtherIpv6, bytes};
  return Unreadable(bytes, 1);
}

ParseOutcome ReadLinkLayer(uint32_t link_type, Bytes frame, PacketHeaders* headers,
                           NetworkLayer* network) {
  switch (link_type) {
    case kLinkEthernet:
      return ReadEthernet(frame, headers, network);
    case kLinkLinuxCooked:
      return ReadCookedV1(frame, headers, network);
    case kLinkLinuxCooked2:
      return ReadCookedV2(frame, headers, network);
    case kLinkRaw:
    case kLinkIpv4:
    case kLinkIpv6:
      return ReadRawIp(frame, network);
    case kLinkNull:
    case kLinkLoop:
      return ReadLoopback(frame, network);
    case kLinkPpp:
    case kLinkPppHdlc:
    case kLinkCiscoHdlc:
      return ReadPppFrame(frame, network);
    case kLinkPppWithDirection:
      return ReadPppFrame(frame.subspan(std::min<size_t>(1, frame.size())), network);
    case kLinkPppoe:
      if (frame.size() < 8) return ParseOutcome::kCutShort;
      *network = ReadPppoe(frame);
      return ParseOutcome::kOk;
    case kLinkWifi:
      return ReadWifi(frame, headers, network);
    case kLinkWifiRadiotap:
      return ReadRadiotap(frame, headers, network);
    default:
      return ParseOutcome::kUnsupported;
  }
}

}  // namespace silhouette
