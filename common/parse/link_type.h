#pragma once

#include <cstdint>
#include <string>

namespace silhouette {

// Link types as files number them (tcpdump.org's LINKTYPE_ list), of the ones that are read.
enum LinkType : uint32_t {
  kLinkNull = 0,
  kLinkEthernet = 1,
  kLinkPpp = 9,
  kLinkPppHdlc = 50,
  kLinkPppoe = 51,
  kLinkRaw = 101,
  kLinkCiscoHdlc = 104,
  kLinkWifi = 105,
  kLinkLoop = 108,
  kLinkLinuxCooked = 113,
  kLinkWifiRadiotap = 127,
  kLinkPppWithDirection = 204,
  kLinkIpv4 = 228,
  kLinkIpv6 = 229,
  kLinkLinuxCooked2 = 276,
};

// libpcap numbers a few types (DLT_) differently from files, and differently on each system.
uint32_t LinkTypeOfDlt(int dlt);

// "113 (LINUX_SLL)".
std::string LinkTypeName(uint32_t link_type);

}  // namespace silhouette
