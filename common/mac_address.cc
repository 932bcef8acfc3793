#include "common/mac_address.h"

#include <charconv>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace silhouette {

MacAddress MacAddress::From(const uint8_t* six_bytes) {
  MacAddress address;
  std::memcpy(address.bytes.data(), six_bytes, address.bytes.size());
  return address;
}

absl::StatusOr<MacAddress> MacAddress::Parse(std::string_view text) {
  MacAddress address;
  bool fits = text.size() == 3 * address.bytes.size() - 1;
  for (size_t i = 0; fits && i < address.bytes.size(); ++i) {
    const char* from = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(from, from + 2, address.bytes[i], 16);
    fits = error == std::errc() && end == from + 2 && (i == 0 || from[-1] == ':');
  }
  if (fits) return address;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", absl::string_view(text.data(), text.size()),
                   "\" is no MAC address; write it as 00:1b:2c:3d:4e:5f"));
}

std::string MacAddress::ToString() const {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                         bytes[4], bytes[5]);
}

}  // namespace silhouette
