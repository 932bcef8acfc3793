#pragma once

#include <cstdint>
#include <span>

#include "capture-svc/packet.h"

namespace silhouette {

// Where the network layer starts.
struct NetworkLayer {
  uint16_t ether_type = 0;
  std::span<const uint8_t> bytes;
};

// Takes the link header off: Ethernet with VLAN tags (IEEE 802.3, 802.1Q), Linux cooked v1 and v2
// (LINKTYPE_LINUX_SLL, _SLL2), raw IP, BSD null and loopback. `link_type` is a LINKTYPE_ number; of
// another one the outcome is kUnsupported.
ParseOutcome ReadLinkLayer(uint32_t link_type, std::span<const uint8_t> frame,
                           NetworkLayer* network);

}  // namespace silhouette
