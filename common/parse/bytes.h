#pragma once

#include <cstdint>
#include <span>

namespace silhouette {

// Big-endian numbers out of packet bytes; the caller has checked the length.
inline uint16_t ReadU16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
inline uint32_t ReadU32(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint32_t>(ReadU16(bytes, at)) << 16 | ReadU16(bytes, at + 2);
}

}  // namespace silhouette
