#pragma once

namespace silhouette {

// Bits of PacketBatch.flags.
inline constexpr char kPacketOutbound = 1;

// Bits of FlowTable.scope.
inline constexpr char kHomeEndIsHome = 1;
inline constexpr char kRemoteEndIsHome = 2;
inline constexpr char kPortsUnknown = 4;

// Bits of WindowTable.flags.
inline constexpr char kWindowPartial = 1;

}  // namespace silhouette
