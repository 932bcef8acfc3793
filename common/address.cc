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

bool SharePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const int whole = bits / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), static_cast<size_t>(whole)) != 0) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  const auto i = static_cast<size_t>(whole);
  return (a.bytes[i] >> shift) == (b.bytes[i] >> shift);
}

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
  char text[INET6_ADDRSTRLEN];
  if (is_v4()) return inet_ntop(AF_INET, bytes.data() + 12, text, sizeof text);
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
    home.networks_.push_back({*base, bits + 128 - width});
  }
  return home;
}

bool HomeNetworks::Contains(const IpAddress& address) const {
  for (const Network& network : networks_) {
    if (address.is_v4() != network.base.is_v4()) continue;  // ::/0 means IPv6 alone
    if (SharePrefix(address, network.base, network.prefix_bits)) return true;
  }
  return false;
}

}  // namespace silhouette
