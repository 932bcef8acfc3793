#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// Writes a microsecond pcap of link type Ethernet that holds headers only: a record's captured
// length ends with the transport header, its original length is the packet's wire_bytes. The file
// appears whole or not at all. INVALID_ARGUMENT, with the packet's index, if the packets are not
// in order of time or one of them cannot be a frame.
absl::Status WritePcap(const std::string& path, const std::vector<SimulatedPacket>& packets);

}  // namespace silhouette::simulate
