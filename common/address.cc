#include "common/address.h"

#include <arpa/inet.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace silhouette {
namespace {

constexpr std::array<uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::FromV4(const uint8_t* four_bytes) {
  IpAddress address;
  std::memcpy(address.bytes.data(), kV4Prefix.data(), kV4Prefix.size());
  std::memcpy(address.bytes.data() + 12, four_bytes, 4);
  return address;
}

IpAddress IpAddress::FromV6(const uint8_t* sixteen_bytes) {
  IpAddress address;
  std::memcpy(address.bytes.data(), sixteen_bytes, 16);
  return address;
}

absl::StatusOr<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string copy(text);
  std::array<uint8_t, 16> raw{};
  if (inet_pton(AF_INET, copy.c_str(), raw.data()) == 1) return FromV4(raw.data());
  if (inet_pton(AF_INET6, copy.c_str(), raw.data()) == 1) return FromV6(raw.data());
  return absl::InvalidArgumentError(
      absl::StrCat("\"", copy, "\" is no IP address; write it as 192.168.1.10 or fd00::1"));
}

bool IpAddress::is_v4() const {
  return std::memcmp(bytes.data(), kV4Prefix.data(), kV4Prefix.size()) == 0;
}

std::string IpAddress::ToString() const {
  if (is_v4()) return absl::StrCat(bytes[12], ".", bytes[13], ".", bytes[14], ".", bytes[15]);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

HomeNetworks HomeNetworks::Default() {
  return *Parse("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10");
}

absl::StatusOr<HomeNetworks> HomeNetworks::Parse(std::string_view cidr_list) {
  HomeNetworks home;
  const std::string list(cidr_list);
  for (absl::string_view part : absl::StrSplit(list, ',')) {
    part = absl::StripAsciiWhitespace(part);
    const std::vector<std::string> sides = absl::StrSplit(part, absl::MaxSplits('/', 1));
    absl::StatusOr<IpAddress> base = IpAddress::Parse(sides[0]);
    if (!base.ok()) return base.status();
    const int width = base->is_v4() ? 32 : 128;
    int bits = width;
    if (sides.size() == 2 && (!absl::SimpleAtoi(sides[1], &bits) || bits < 0 || bits > width)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\" is no network; the number behind / goes from 0 to ", width));
    }
    home.Add(*base, bits + 128 - width);
  }
  return home;
}

HomeNetworks::Halves HomeNetworks::Split(const IpAddress& address) {
  Halves halves;
  std::memcpy(&halves.first, address.bytes.data(), 8);
  std::memcpy(&halves.second, address.bytes.data() + 8, 8);
  return halves;
}

void HomeNetworks::Add(const IpAddress& base, int prefix_bits) {
  IpAddress mask;
  for (int bit = 0; bit < prefix_bits; ++bit) {
    mask.bytes[static_cast<size_t>(bit / 8)] |= static_cast<uint8_t>(0x80 >> bit % 8);
  }
  Prefix prefix{Split(mask), Split(base), base.is_v4()};
  prefix.base.first &= prefix.mask.first;
  prefix.base.second &= prefix.mask.second;
  networks_.push_back(prefix);
  if (!prefix.is_v4) return;
  const auto last = [](uint64_t half) { return static_cast<uint32_t>(half >> 32); };
  const V4Prefix v4{last(prefix.mask.second), last(prefix.base.second)};
  v4_.push_back(v4);
  for (uint32_t half = 0; half < 65'536; ++half) {
    if (((half ^ v4.base) & v4.mask & 0xffff) != 0) continue;
    v4_halves_->some[half / 64] |= uint64_t{1} << half % 64;
    if (v4.mask >> 16 == 0) v4_halves_->all[half / 64] |= uint64_t{1} << half % 64;
  }
}

bool HomeNetworks::ContainsV4Exactly(uint32_t address) const {
  for (const V4Prefix& network : v4_) {
    if ((address & network.mask) == network.base) return true;
  }
  return false;
}

bool HomeNetworks::Contains(const IpAddress& address) const {
  const Halves halves = Split(address);
  const bool is_v4 = address.is_v4();
  for (const Prefix& network : networks_) {
    const uint64_t difference = ((halves.first & network.mask.first) ^ network.base.first) |
                                ((halves.second & network.mask.second) ^ network.base.second);
    if (difference == 0 && is_v4 == network.is_v4) return true;  // ::/0 means IPv6 alone
  }
  return false;
}

}  // namespace silhouette
