#pragma once

#include "common/address.h"
#include "common/parse/packet.h"
#include "common/subject.h"

namespace silhouette {

// The flow of a packet and the packet's direction in it.
struct OrientedFlow {
  FlowKey key;
  bool outbound;  // from the home end
};

// The home end is the one in a home network. Both or neither: the one with the higher port, on a
// tie the lower address. Of hardware addresses alone: the wireless station, else not the group
// address, else the lower; both count as home, since such a packet stays on its link.
OrientedFlow Orient(const PacketEnds& ends, const HomeNetworks& home);

}  // namespace silhouette
