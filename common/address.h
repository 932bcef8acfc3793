#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// An IPv4 or IPv6 address in network byte order; IPv4 as IPv4-mapped IPv6 (::ffff:a.b.c.d).
struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  static IpAddress FromV4(const uint8_t* four_bytes);
  static IpAddress FromV6(const uint8_t* sixteen_bytes);
  // Errors: INVALID_ARGUMENT when `text` is no address.
  static absl::StatusOr<IpAddress> Parse(std::string_view text);

  bool is_v4() const;
  std::string ToString() const;

  auto operator<=>(const IpAddress&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.bytes);
  }
};

// The networks whose hosts are ours.
class HomeNetworks {
 public:
  // RFC 1918, unique local (fc00::/7) and link-local addresses.
  static HomeNetworks Default();
  // From "192.168.0.0/16,fd00::/8"; a bare address means that one host.
  // Errors: INVALID_ARGUMENT naming the part that does not parse.
  static absl::StatusOr<HomeNetworks> Parse(std::string_view cidr_list);

  bool Contains(const IpAddress& address) const;
  // The same for an IPv4 address, as its bytes lie in memory; faster.
  bool ContainsV4(uint32_t address) const {
    const uint32_t half = address & 0xffff;  // its first, whatever the order of its bytes
    const bool some = (v4_halves_->some[half / 64] >> half % 64 & 1) != 0;
    const bool all = (v4_halves_->all[half / 64] >> half % 64 & 1) != 0;
    return some == all ? all : ContainsV4Exactly(address);
  }

 private:
  // Halves of the mapped form, as they lie in memory.
  struct Halves {
    uint64_t first, second;
  };
  struct Prefix {
    Halves mask, base;
    bool is_v4;
  };
  struct V4Prefix {
    uint32_t mask, base;
  };
  bool ContainsV4Exactly(uint32_t address) const;
  static Halves Split(const IpAddress& address);
  void Add(const IpAddress& base, int prefix_bits);  // of 128

  std::vector<Prefix> networks_;
  std::vector<V4Prefix> v4_;  // those of them that are IPv4's
  // For each first half of an IPv4 address, whether some, and whether all, of its hosts are ours.
  struct V4Halves {
    std::array<uint64_t, 1024> some{}, all{};
  };
  std::shared_ptr<V4Halves> v4_halves_ = std::make_shared<V4Halves>();  // shared by copies
};

}  // namespace silhouette
