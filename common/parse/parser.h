#pragma once

#include "common/parse/packet.h"

namespace silhouette {

// Tunnels whose inner packet is the one that counts. One that cannot be read inside counts as what
// it is outside.
struct Tunnels {
  bool gre = false;       // RFC 2784 and 2890, with IP or Ethernet inside
  bool vxlan = false;     // RFC 7348, UDP port 4789
  bool ip_in_ip = false;  // IP protocols 4 and 41 (RFC 2003, 2473, 4213)
};

// Reads the headers of a packet, never past the transport header. Fills `headers` when the outcome
// is kOk: a packet without IP has its hardware addresses there.
ParseOutcome ParsePacket(const RawPacket& packet, const Tunnels& tunnels, PacketHeaders* headers);

}  // namespace silhouette
