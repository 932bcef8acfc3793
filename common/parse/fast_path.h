#pragma once

#include <cstdint>
#include <cstring>

#include "common/parse/link_type.h"
#include "common/parse/packet.h"

namespace silhouette {

// The ends of a packet that takes the fast path, in either direction the same: those of the low end
// and of the high end, as the bytes lie in the packet.
struct FastKey {
  uint64_t low_end;   // address (32 bits), port (16), and the protocol in the last byte
  uint64_t high_end;  // address and port
  uint64_t low_mac;   // in the upper 48 bits
  uint64_t high_mac;

  uint8_t protocol() const { return static_cast<uint8_t>(low_end >> 56); }
  bool operator==(const FastKey&) const = default;
};

// What nine of ten packets are: TCP or UDP in IPv4 without options or fragments in untagged
// Ethernet, captured to the end of the transport header.
struct FastPacket {
  FastKey key;
  bool from_high;  // sent by the end that the key calls high
  uint8_t tcp_flags;
};

// A shortcut past ParsePacket, which says of such a packet just the same. False for every other
// one. Without branches but one, as protocol and direction cannot be foretold.
[[gnu::always_inline]] inline bool ReadFastPacket(const RawPacket& packet, FastPacket* fast) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the fields below are picked by shifts");
  constexpr size_t kEthernet = 14, kUdpEnd = 14 + 20 + 8, kTcpEnd = 14 + 20 + 20, kTcpFlags = 47;
  const uint8_t* frame = packet.captured.data();
  if (packet.link_type != kLinkEthernet || packet.captured.size() < kUdpEnd) return false;
  const auto load = [frame](size_t at) {
    uint64_t value;
    std::memcpy(&value, frame + at, sizeof value);
    return value;
  };
  const uint64_t to_mac = load(0);
  const uint64_t from_mac = load(6);      // and the EtherType
  const uint64_t ip = load(14);           // version, class, length, identification, fragment
  const uint64_t source = load(22);       // time to live, protocol, checksum, source address
  const uint64_t destination = load(30);  // destination address and both ports
  // As they lie: version and header length; more fragments, and the offset.
  constexpr uint64_t kUnusual = 0xff3f'0000'0000'00ff, kUsual = 0x45, kIpv4Type = 0x0008;
  const uint32_t total_bytes = __builtin_bswap16(static_cast<uint16_t>(ip >> 16));
  const uint64_t protocol = source & 0xff00;
  const bool tcp = protocol == 6 << 8, udp = protocol == 17 << 8;
  const size_t end = tcp ? kTcpEnd : kUdpEnd;
  const bool is_fast = (from_mac >> 48 == kIpv4Type) & ((ip & kUnusual) == kUsual) & (tcp | udp) &
                       (packet.captured.size() >= end) & (total_bytes + kEthernet >= end);
  if (!is_fast) return false;
  const uint64_t from = source >> 32 | (destination & 0xffff'0000'0000);
  const uint64_t to = (destination & 0xffff'ffff) | destination >> 48 << 32;
  const uint64_t swap = 0 - static_cast<uint64_t>(from > to);  // all bits or none
  const uint64_t differ = (from ^ to) & swap;
  const uint64_t mac_differ = (from_mac << 16 ^ to_mac << 16) & swap;
  fast->key.low_end = (from ^ differ) | protocol << 48;
  fast->key.high_end = to ^ differ;
  fast->key.low_mac = from_mac << 16 ^ mac_differ;
  fast->key.high_mac = to_mac << 16 ^ mac_differ;
  fast->from_high = swap != 0;
  fast->tcp_flags = static_cast<uint8_t>(frame[tcp ? kTcpFlags : 0] & (tcp ? 0xff : 0));
  return true;
}

// The ends of a packet with this key, sent by the low end.
inline PacketEnds EndsOf(const FastKey& key) {
  PacketEnds ends;
  const auto port = [](uint64_t end) {
    return __builtin_bswap16(static_cast<uint16_t>(end >> 32));
  };
  const auto mac = [](const uint64_t& word) {
    return MacAddress::From(reinterpret_cast<const uint8_t*>(&word) + 2);
  };
  ends.source = IpAddress::FromV4(reinterpret_cast<const uint8_t*>(&key.low_end));
  ends.destination = IpAddress::FromV4(reinterpret_cast<const uint8_t*>(&key.high_end));
  ends.source_mac = mac(key.low_mac);
  ends.destination_mac = mac(key.high_mac);
  ends.source_port = port(key.low_end);
  ends.destination_port = port(key.high_end);
  ends.protocol = key.protocol();
  return ends;
}

}  // namespace silhouette
