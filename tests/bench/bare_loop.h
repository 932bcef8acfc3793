#pragma once

#include <cstdint>
#include <string>

namespace silhouette::bench {

struct BareLoopCounts {
  uint64_t packets = 0;
  uint64_t wire_bytes = 0;  // the sum of the packets' lengths on the wire
};

// What the speed of everything else is compared with: libpcap reads the capture from its start to
// its end, and each packet's length is added up. Ends the bench where the capture is damaged or
// empty.
BareLoopCounts BareLoop(const std::string& path);

}  // namespace silhouette::bench
