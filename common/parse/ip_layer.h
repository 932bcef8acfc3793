#pragma once

#include <cstdint>
#include <span>

#include "common/parse/packet.h"

namespace silhouette {

// Reads an IPv4 header (RFC 791) and what its transport says about ports and flags. `segment`
// becomes the transport header and what follows it, empty for a later fragment.
ParseOutcome ReadIpv4(std::span<const uint8_t> packet, PacketHeaders* headers,
                      std::span<const uint8_t>* segment);

// The same for IPv6 with its extension headers (RFC 8200).
ParseOutcome ReadIpv6(std::span<const uint8_t> packet, PacketHeaders* headers,
                      std::span<const uint8_t>* segment);

// Reads the addresses of an ARP message about IPv4 (RFC 826), or of a reverse one (RFC 903).
ParseOutcome ReadArp(std::span<const uint8_t> message, PacketHeaders* headers);

}  // namespace silhouette
