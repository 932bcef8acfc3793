#pragma once

#include <cstdint>
#include <string>

#include "common/address.h"
#include "common/mac_address.h"

namespace silhouette {

// What the addresses of a packet are. The numbers are those of FlowTable.network.
enum class Network : uint8_t {
  kIp = 0,
  kArp = 1,    // IPv4 addresses of sender and target, no ports
  kOther = 2,  // another protocol: hardware addresses alone
  kCut = 3,    // the capture ends before the network addresses: hardware addresses alone
};

// One flow, oriented: a home end and a remote end, whoever spoke first.
struct FlowKey {
  IpAddress home;
  IpAddress remote;
  uint16_t home_port = 0;  // 0 where the protocol has none
  uint16_t remote_port = 0;
  uint8_t protocol = 0;  // IP protocol number
  Network network = Network::kIp;
  bool ports_unknown = false;   // fragments whose first was not seen
  bool home_is_home = false;    // the home end lies in a home network
  bool remote_is_home = false;  // the remote end does
  uint32_t vlan = 0;            // tags: outer id << 12 | inner id; 0 without, or not asked for
  MacAddress home_mac;          // zero where the link has none
  MacAddress remote_mac;

  bool operator==(const FlowKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const FlowKey& k) {
    return H::combine(std::move(h), k.home, k.remote, k.home_port, k.remote_port, k.protocol,
                      k.network, k.vlan, k.home_mac, k.remote_mac);
  }
};

// "udp", "tcp", "icmp", "icmp6" or "proto47".
std::string ProtocolName(uint8_t protocol);

}  // namespace silhouette
