#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette::simulate {

inline constexpr int64_t kNanosPerMicrosecond = 1'000;
inline constexpr int64_t kNanosPerMillisecond = 1'000'000;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kWindowNanos = kNanosPerSecond / 2;  // the grid starts at the Unix epoch

using MacAddress = std::array<uint8_t, 6>;

// Network byte order; an IPv4 address is the first four bytes, the rest zero.
struct IpAddress {
  bool is_v6 = false;
  std::array<uint8_t, 16> bytes{};

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

constexpr IpAddress V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {.is_v6 = false, .bytes = {a, b, c, d}};
}

constexpr IpAddress V6(const std::array<uint16_t, 8>& groups) {
  IpAddress address{.is_v6 = true};
  for (size_t i = 0; i < groups.size(); ++i) {
    address.bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    address.bytes[2 * i + 1] = static_cast<uint8_t>(groups[i]);
  }
  return address;
}

// Dotted or colon notation; INVALID_ARGUMENT for anything else.
absl::StatusOr<IpAddress> ParseIpAddress(std::string_view text);
std::string FormatIpAddress(const IpAddress& address);

enum class Protocol : uint8_t { kUdp, kTcp, kIcmp, kArp };

enum TcpFlag : uint8_t { kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10 };

// One frame as a capture's headers tell it. There is no payload, only its length.
struct SimulatedPacket {
  int64_t time_ns = 0;  // since the Unix epoch, a whole number of microseconds
  MacAddress source_mac{};
  MacAddress destination_mac{};
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;       // UDP and TCP
  uint16_t destination_port = 0;  // UDP and TCP
  Protocol protocol = Protocol::kUdp;
  uint8_t tcp_flags = 0;     // of TcpFlag
  uint8_t message_type = 0;  // ICMP: the type (of ICMPv6 if the addresses are); ARP: the operation
  uint32_t tcp_sequence = 0;
  uint32_t tcp_acknowledgment = 0;
  uint32_t wire_bytes = 0;  // the whole frame from the Ethernet header on, without its checksum
  uint8_t tcp_option_bytes = 0;  // a multiple of 4, at most 40
  uint8_t time_to_live = 0;      // IPv4; 0 for the usual 64, or 255 on the own link
  uint8_t padding_bytes = 0;     // IPv4: the end of the frame that only makes it long enough
  bool more_fragments = false;   // IPv4
  uint16_t fragment_offset = 0;  // IPv4, in bytes, a multiple of 8; above 0: no ports to see
  uint16_t identification = 0;   // IPv4; that of a fragment's datagram
  uint16_t datagram_bytes = 0;   // UDP's own length where this is a first fragment of it

  friend bool operator==(const SimulatedPacket&, const SimulatedPacket&) = default;
};

enum class Presence : uint8_t { kBackground, kPerson };

// "person" or "background".
constexpr std::string_view LabelOf(Presence presence) {
  return presence == Presence::kPerson ? "person" : "background";
}

// A half-open stretch of what happens, in seconds from the grid edge (a multiple of 0.5 s since the
// Unix epoch) at or before the first packet of the simulation.
struct TruthInterval {
  double start_s = 0;
  double end_s = 0;
  std::string label;

  friend bool operator==(const TruthInterval&, const TruthInterval&) = default;
};

struct Simulation {
  std::vector<SimulatedPacket> packets;  // in order of time
  std::vector<TruthInterval> truth;      // in order, without gaps
};

}  // namespace silhouette::simulate
