#pragma once

#include <cstdint>
#include <cstring>

namespace silhouette {

// Under overload whole devices are shed: those whose hash is below a share, of kShedShares. The
// same for every process, so that who makes windows knows whose packets are missing.
inline constexpr uint32_t kShedShares = 256;

// `address`: 16 bytes, as FlowTable.home_address holds them. Uniform over kShedShares.
inline uint32_t ShedHash(const void* address) {
  uint64_t words[2];
  std::memcpy(words, address, sizeof words);
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t hash = (words[0] ^ (words[0] >> 32)) * kOdd;
  hash = (hash ^ words[1] ^ (hash >> 29)) * kOdd;
  hash = (hash ^ (hash >> 32)) * kOdd;
  return static_cast<uint32_t>(hash >> 56);
}

}  // namespace silhouette
