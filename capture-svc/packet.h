#pragma once

#include <cstdint>
#include <span>

#include "common/address.h"

namespace silhouette {

// A packet as the file or the kernel gives it.
struct RawPacket {
  int64_t time_ns = 0;                // ns since the Unix epoch
  uint32_t wire_bytes = 0;            // original length, never the captured one
  uint32_t link_type = 0;             // LINKTYPE_ number, see link_type.h
  std::span<const uint8_t> captured;  // may end before the headers do
};

// What its headers say.
struct PacketHeaders {
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;  // 0 where the protocol has none or the capture ends before it
  uint16_t destination_port = 0;
  uint8_t protocol = 0;  // IP protocol number
  uint8_t tcp_flags = 0;
};

enum class ParseOutcome {
  kOk,
  kNotIp,        // filtered: ARP, EAPOL and the like
  kUnsupported,  // filtered: a link type that this build does not look into
  kCutShort,     // filtered: the capture ends before the addresses
  kMalformed,    // the headers contradict themselves
};

// Packets that were lost before they could be read, since the source began.
struct SourceLoss {
  uint64_t kernel_dropped = 0;
  uint64_t interface_dropped = 0;
};

}  // namespace silhouette
