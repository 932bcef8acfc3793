#pragma once

#include <cstdint>
#include <vector>

#include "learn/simulate/column_model.h"
#include "learn/simulate/packet.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {

// A packet of each direction, complete but for time and length.
struct CallEnds {
  SimulatedPacket outbound;
  SimulatedPacket inbound;
};

inline constexpr uint32_t kLeastCallBytes = 60;
inline constexpr uint32_t kMostCallBytes = 1300;

// Appends a window's packets, in order and inside [window_start, window_start + 0.5 s). The
// columns' counts must be those of a real call: at least 5 packets in all, at most some thousands.
void AppendWindow(const CallEnds& ends, int64_t window_start, const WindowColumns& columns,
                  Random& random, std::vector<SimulatedPacket>& packets);

}  // namespace silhouette::simulate
