#pragma once

#include <netinet/in.h>
#include <pcap/dlt.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "common/address.h"

// Frames byte by byte, for tests.
namespace silhouette::test_frames {

using Bytes = std::vector<uint8_t>;

inline Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes U16(uint16_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

inline Bytes Udp(uint16_t source_port, uint16_t destination_port) {
  return Join({U16(source_port), U16(destination_port), U16(8), U16(0)});
}

inline Bytes Tcp(uint16_t source_port, uint16_t destination_port, uint8_t flags) {
  return Join({U16(source_port), U16(destination_port), Bytes(8, 0), {0x50, flags}, Bytes(6, 0)});
}

inline Bytes AddressBytes(const std::string& text) {
  const IpAddress address = *IpAddress::Parse(text);
  const size_t first = address.is_v4() ? 12 : 0;
  return Bytes(address.bytes.begin() + static_cast<std::ptrdiff_t>(first), address.bytes.end());
}

struct Ipv4Fields {
  std::string source = "192.168.1.20";
  std::string destination = "203.0.113.7";
  uint8_t protocol = IPPROTO_UDP;
  uint16_t fragment = 0;  // flags and offset
  Bytes options = {};     // a multiple of four bytes
};

inline Bytes Ipv4(const Ipv4Fields& fields, const Bytes& payload) {
  const size_t header = 20 + fields.options.size();
  return Join({{static_cast<uint8_t>(0x40 | header / 4), 0},
               U16(static_cast<uint16_t>(header + payload.size())),
               U16(1),
               U16(fields.fragment),
               {64, fields.protocol},
               U16(0),
               AddressBytes(fields.source),
               AddressBytes(fields.destination),
               fields.options,
               payload});
}

inline Bytes Ipv6(const std::string& source, const std::string& destination, uint8_t next_header,
                  const Bytes& payload) {
  return Join({{0x60, 0, 0, 0},
               U16(static_cast<uint16_t>(payload.size())),
               {next_header, 64},
               AddressBytes(source),
               AddressBytes(destination),
               payload});
}

// `tags`: whole VLAN tags, EtherType included, as {0x81, 0x00, 0x00, 0x05}.
inline Bytes Ethernet(uint16_t ether_type, const Bytes& payload, const Bytes& tags = {}) {
  return Join({Bytes(12, 0x02), tags, U16(ether_type), payload});
}

inline Bytes UdpFrame(const Ipv4Fields& fields = {}, uint16_t source_port = 50000,
                      uint16_t destination_port = 443) {
  return Ethernet(0x0800, Ipv4(fields, Udp(source_port, destination_port)));
}

inline Bytes ArpFrame() { return Ethernet(0x0806, Bytes(28, 1)); }

}  // namespace silhouette::test_frames
