#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace silhouette {

// An IEEE 802 hardware address; all zero where a link has none.
struct MacAddress {
  std::array<uint8_t, 6> bytes{};

  static MacAddress From(const uint8_t* six_bytes);
  // "00:1b:2c:3d:4e:5f", in upper or lower case. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<MacAddress> Parse(std::string_view text);

  bool is_zero() const { return *this == MacAddress(); }
  // Multicast or broadcast: nobody's own.
  bool is_group() const { return (bytes[0] & 1) != 0; }
  // "00:1b:2c:3d:4e:5f".
  std::string ToString() const;

  auto operator<=>(const MacAddress&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const MacAddress& a) {
    return H::combine(std::move(h), a.bytes);
  }
};

}  // namespace silhouette
