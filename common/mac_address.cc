#include "common/mac_address.h"

#include <cstring>

#include "absl/strings/str_format.h"

namespace silhouette {

MacAddress MacAddress::From(const uint8_t* six_bytes) {
  MacAddress address;
  std::memcpy(address.bytes.data(), six_bytes, address.bytes.size());
  return address;
}

std::string MacAddress::ToString() const {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                         bytes[4], bytes[5]);
}

}  // namespace silhouette
