#include "capture-svc/source/interfaces.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "common/parse/link_type.h"

namespace silhouette {
namespace {

// As libpcap will see the interface; only the hardware types of which that is certain.
std::optional<uint32_t> LinkTypeOfHardware(unsigned hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return kLinkEthernet;
    case ARPHRD_IEEE80211:
      return kLinkWifi;
    case ARPHRD_IEEE80211_RADIOTAP:
      return kLinkWifiRadiotap;
    case ARPHRD_NONE:  // tun, WireGuard
      return kLinkRaw;
    default:
      return std::nullopt;
  }
}

std::optional<uint32_t> AskLinkType(const std::string& name) {
  if (name == kAnyInterface) return kLinkLinuxCooked;
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  const bool told = ioctl(descriptor, SIOCGIFHWADDR, &request) == 0;
  close(descriptor);
  if (!told) return std::nullopt;
  return LinkTypeOfHardware(request.ifr_hwaddr.sa_family);
}

std::vector<IpAddress> AddressesOf(const pcap_addr* each) {
  std::vector<IpAddress> addresses;
  for (; each != nullptr; each = each->next) {
    if (each->addr == nullptr) continue;
    if (each->addr->sa_family == AF_INET) {
      sockaddr_in v4;
      std::memcpy(&v4, each->addr, sizeof v4);
      addresses.push_back(IpAddress::FromV4(reinterpret_cast<const uint8_t*>(&v4.sin_addr)));
    } else if (each->addr->sa_family == AF_INET6) {
      sockaddr_in6 v6;
      std::memcpy(&v6, each->addr, sizeof v6);
      addresses.push_back(IpAddress::FromV6(v6.sin6_addr.s6_addr));
    }
  }
  return addresses;
}

// The counters of all interfaces from /proc/net/dev, whose lines are
// "name: bytes packets errors drops ...".
void ReadCounters(std::vector<InterfaceInfo>* interfaces) {
  std::ifstream table("/proc/self/net/dev");
  std::string line;
  while (std::getline(table, line)) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream name(line.substr(0, colon)), numbers(line.substr(colon + 1));
    std::string named;
    uint64_t bytes = 0, packets = 0, errors = 0, drops = 0;
    name >> named;
    if (!(numbers >> bytes >> packets >> errors >> drops)) continue;
    for (InterfaceInfo& info : *interfaces) {
      if (info.name != named) continue;
      info.received_bytes = bytes;
      info.received_packets = packets;
      info.dropped_packets = drops;
    }
  }
}

InterfaceInfo Describe(const pcap_if_t& device) {
  InterfaceInfo info;
  info.name = device.name;
  if (device.description != nullptr) info.description = device.description;
  info.link_type = AskLinkType(info.name);
  info.up = (device.flags & PCAP_IF_UP) != 0;
  info.running = (device.flags & PCAP_IF_RUNNING) != 0;
  info.loopback = (device.flags & PCAP_IF_LOOPBACK) != 0;
  info.wireless = (device.flags & PCAP_IF_WIRELESS) != 0;
  info.addresses = AddressesOf(device.addresses);
  return info;
}

}  // namespace

std::vector<InterfaceInfo> ListInterfaces() {
  std::vector<InterfaceInfo> interfaces;
  char error[PCAP_ERRBUF_SIZE];
  pcap_if_t* devices = nullptr;
  if (pcap_findalldevs(&devices, error) != 0) return interfaces;
  for (const pcap_if_t* each = devices; each != nullptr; each = each->next) {
    // Without USB, Bluetooth and the kernel's logs.
    if (std::string(each->name) != kAnyInterface && if_nametoindex(each->name) == 0) continue;
    interfaces.push_back(Describe(*each));
  }
  pcap_freealldevs(devices);
  ReadCounters(&interfaces);
  return interfaces;
}

}  // namespace silhouette
