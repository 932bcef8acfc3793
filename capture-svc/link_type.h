#pragma once

#include <cstdint>
#include <string>

namespace silhouette {

// Link types as files number them (tcpdump.org's LINKTYPE_ list), of the ones that are read.
enum LinkType : uint32_t {
  kLinkNull = 0,
  kLinkEthernet = 1,
  kLinkRaw = 101,
  kLinkLoop = 108,
  kLinkLinuxCooked = 113,
  kLinkIpv4 = 228,
  kLinkIpv6 = 229,
  kLinkLinuxCooked2 = 276,
};

// True for the types above.
bool IsSupportedLinkType(uint32_t link_type);

// libpcap numbers a few types (DLT_) differently from files, and differently on each system.
uint32_t LinkTypeOfDlt(int dlt);

// "113 (LINUX_SLL)".
std::string LinkTypeName(uint32_t link_type);

}  // namespace silhouette
