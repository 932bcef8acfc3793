#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// Bytes of the Ethernet, IP and transport headers: all of a frame that is ever captured.
size_t HeaderBytes(const SimulatedPacket& packet);

// Those headers, with the length fields of the whole frame. The IPv4 checksum covers only the
// header; UDP, TCP and ICMP checksums are right for a payload of zeros. The packet's wire_bytes
// must be at least HeaderBytes.
std::vector<uint8_t> BuildHeaders(const SimulatedPacket& packet);

}  // namespace silhouette::simulate
