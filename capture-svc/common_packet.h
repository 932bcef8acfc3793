#pragma once

#include <cstdint>
#include <cstring>

#include "capture-svc/link_type.h"
#include "capture-svc/packet.h"

namespace silhouette {

// The ends of a packet of the common kind, in either direction the same, and compact: 48 bits of
// address and port, and 48 of hardware address, for each end, as they lie in the packet.
struct CommonKey {
  uint64_t low_end;  // with the protocol in the upper bits
  uint64_t high_end;
  uint64_t low_mac;
  uint64_t high_mac;

  bool operator==(const CommonKey& other) const {
    return ((low_end ^ other.low_end) | (high_end ^ other.high_end) | (low_mac ^ other.low_mac) |
            (high_mac ^ other.high_mac)) == 0;
  }
};

// What nine of ten packets are: TCP or UDP in IPv4 without options or fragments in untagged
// Ethernet, captured to the end of the transport header.
struct CommonPacket {
  CommonKey key;
  bool from_high;  // sent by the end that the key calls high
  uint8_t tcp_flags;
};

// A shortcut past ParsePacket for the common kind, which says of such a packet just the same. False
// for every other one.
inline bool ReadCommonPacket(const RawPacket& packet, CommonPacket* common) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the fields below are picked by shifts");
  constexpr uint64_t kLow48 = 0xffff'ffff'ffff;
  constexpr size_t kUdpEnd = 14 + 20 + 8, kTcpEnd = 14 + 20 + 20;
  const uint8_t* frame = packet.captured.data();
  if (packet.link_type != kLinkEthernet || packet.captured.size() < kUdpEnd) return false;
  const auto load = [frame](size_t at) {
    uint64_t value;
    std::memcpy(&value, frame + at, sizeof value);
    return value;
  };
  const uint64_t source_mac = load(6);  // and the EtherType
  const uint64_t ip = load(14);         // version, class, length, identification, fragment
  const uint64_t source = load(22);     // time to live, protocol, checksum, source address
  const uint64_t destination = load(30);  // destination address and both ports
  const uint32_t total_bytes = __builtin_bswap16(static_cast<uint16_t>(ip >> 16));
  const uint64_t protocol = source >> 8 & 0xff;
  const bool tcp = protocol == 6;
  const size_t end = tcp ? kTcpEnd : kUdpEnd;
  constexpr uint64_t kFragmentBits = 0xff3f;  // as they lie: more fragments, and the offset
  if (source_mac >> 48 != 0x0008 || (ip & 0xff) != 0x45 || (ip >> 48 & kFragmentBits) != 0 ||
      (!tcp && protocol != 17) || packet.captured.size() < end ||
      (total_bytes != 0 && total_bytes + 14 < end)) {
    return false;
  }
  const uint64_t from = source >> 32 | (destination >> 32 & 0xffff) << 32;
  const uint64_t to = (destination & 0xffff'ffff) | destination >> 48 << 32;
  const uint64_t from_mac = source_mac & kLow48, to_mac = load(0) & kLow48;
  const bool from_high = from > to;
  common->from_high = from_high;
  common->key.low_end = (from_high ? to : from) | protocol << 48;
  common->key.high_end = from_high ? from : to;
  common->key.low_mac = from_high ? to_mac : from_mac;
  common->key.high_mac = from_high ? from_mac : to_mac;
  common->tcp_flags = tcp ? frame[47] : 0;
  return true;
}

// The ends of a packet with this key, sent by the low end.
inline PacketEnds EndsOf(const CommonKey& key) {
  PacketEnds ends;
  const auto bytes = [](const uint64_t& word) { return reinterpret_cast<const uint8_t*>(&word); };
  const auto port = [](uint64_t end) { return __builtin_bswap16(static_cast<uint16_t>(end >> 32)); };
  ends.source = IpAddress::FromV4(bytes(key.low_end));
  ends.destination = IpAddress::FromV4(bytes(key.high_end));
  ends.source_mac = MacAddress::From(bytes(key.low_mac));
  ends.destination_mac = MacAddress::From(bytes(key.high_mac));
  ends.source_port = port(key.low_end);
  ends.destination_port = port(key.high_end);
  ends.protocol = static_cast<uint8_t>(key.low_end >> 48);
  return ends;
}

}  // namespace silhouette
