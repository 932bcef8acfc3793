#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/address.h"

namespace silhouette {

// All interfaces at once, by a name that no interface has.
inline constexpr char kAnyInterface[] = "any";

// A network interface that can be captured from.
struct InterfaceInfo {
  std::string name;
  std::string description;            // for people; mostly empty on Linux
  std::optional<uint32_t> link_type;  // LINKTYPE_ number, where it shows without opening it
  bool up = false;                    // configured to be
  bool running = false;               // a cable or a network is there
  bool loopback = false;
  bool wireless = false;
  std::vector<IpAddress> addresses;
  // What the system has received by it since it exists; 0 where it does not tell.
  uint64_t received_packets = 0;
  uint64_t received_bytes = 0;
  uint64_t dropped_packets = 0;  // by the system or the driver
};

// The interfaces of this network namespace, likeliest first, "any" among them. Needs no privileges.
// Nothing where the system does not tell.
std::vector<InterfaceInfo> ListInterfaces();

}  // namespace silhouette
