#pragma once

#include <cstdint>
#include <string>

#include "common/address.h"

namespace silhouette {

// One flow, oriented: a home end and a remote end, whoever spoke first.
struct FlowKey {
  IpAddress home;
  IpAddress remote;
  uint16_t home_port = 0;  // 0 where the protocol has none
  uint16_t remote_port = 0;
  uint8_t protocol = 0;         // IP protocol number
  bool home_is_home = false;    // the home end lies in a home network
  bool remote_is_home = false;  // the remote end does

  bool operator==(const FlowKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const FlowKey& k) {
    return H::combine(std::move(h), k.home, k.remote, k.home_port, k.remote_port, k.protocol);
  }
};

// "udp", "tcp", "icmp", "icmp6" or "proto47".
std::string ProtocolName(uint8_t protocol);

// "conversation:192.168.1.20-203.0.113.7/udp": home host, remote host, IP protocol.
std::string ConversationName(const FlowKey& flow);

}  // namespace silhouette
