#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "common/address.h"
#include "common/mac_address.h"
#include "common/subject.h"

namespace silhouette {

// A packet as the file or the kernel gives it.
struct RawPacket {
  int64_t time_ns = 0;                // ns since the Unix epoch
  uint32_t wire_bytes = 0;            // original length, never the captured one
  uint32_t link_type = 0;             // LINKTYPE_ number, see link_type.h
  std::span<const uint8_t> captured;  // may end before the headers do
};

// Who sent a packet to whom. Without padding, so that it can be compared and hashed as bytes.
struct PacketEnds {
  IpAddress source;       // zero without a network layer of kIp or kArp
  IpAddress destination;  // zero, likewise
  MacAddress source_mac;  // zero where the link has none
  MacAddress destination_mac;
  uint32_t vlan = 0;  // tags: outer id << 12 | inner id; 0 without
  uint16_t source_port = 0;
  uint16_t destination_port = 0;  // 0 where the protocol has none or the capture ends before it
  uint8_t protocol = 0;           // IP protocol number
  Network network = Network::kIp;
  // The ports are another packet's to tell: a later fragment.
  bool ports_unknown = false;
  // Which end is a wireless station, as 802.11 headers tell.
  enum class Station : uint8_t { kNone, kSource, kDestination } station = Station::kNone;

  bool operator==(const PacketEnds&) const = default;
};
static_assert(std::has_unique_object_representations_v<PacketEnds>);

// What a packet's headers say.
struct PacketHeaders : PacketEnds {
  uint8_t tcp_flags = 0;
  enum class Fragment : uint8_t { kNone, kFirst, kLater } fragment = Fragment::kNone;
  uint32_t fragment_id = 0;  // IPv4's identification, IPv6's too
  // Behind the last header that was read, inside the packet's captured bytes.
  const uint8_t* header_end = nullptr;
};

enum class ParseOutcome : uint8_t {
  kOk,
  kNotIp,        // filtered: no IP and no hardware addresses, as PPP's control protocols
  kNotData,      // filtered: 802.11 management and control frames
  kUnsupported,  // filtered: a link type that this build does not look into
  kCutShort,     // filtered: the capture ends before any address
  kMalformed,    // the headers contradict themselves
};

inline constexpr size_t kParseOutcomes = 6;

// Packets that were lost before they could be read, since the source began.
struct SourceLoss {
  uint64_t kernel_dropped = 0;
  uint64_t interface_dropped = 0;
};

}  // namespace silhouette
