#pragma once

#include <cstdint>
#include <span>

#include "capture-svc/packet.h"

namespace silhouette {

// Reads an IPv4 header (RFC 791) and what its transport says about ports and flags.
ParseOutcome ReadIpv4(std::span<const uint8_t> packet, PacketHeaders* headers);

// Reads an IPv6 header with its extension headers (RFC 8200) and the transport.
ParseOutcome ReadIpv6(std::span<const uint8_t> packet, PacketHeaders* headers);

}  // namespace silhouette
