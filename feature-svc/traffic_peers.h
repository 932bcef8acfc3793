#pragma once

#include <cstddef>

#include "feature-svc/feature_writer.h"
#include "feature-svc/window_input.h"

namespace silhouette {

// The part of traffic.v1 that is about a window's peers, in the order of the schema.

// Leaves the packets by peer and ports, in this order, in the scratch memory, where the functions
// below find them. One flow may have several entries.
void CountPeers(const WindowInput& window);

void WriteProtocolShares(const WindowInput& window, FeatureWriter* out);

// Returns the number of peers. `size_entropy` is in bits.
size_t WritePeers(const WindowInput& window, double size_entropy, FeatureWriter* out);

}  // namespace silhouette
