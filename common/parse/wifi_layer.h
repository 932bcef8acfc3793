#pragma once

#include <cstdint>
#include <span>

#include "common/parse/link_layer.h"
#include "common/parse/packet.h"

namespace silhouette {

// An 802.11 data frame (IEEE 802.11-2020, 9.3.2). Encrypted frames, later fragments and aggregates
// give hardware addresses alone. Other frames, empty data frames among them: kNotData.
ParseOutcome ReadWifi(std::span<const uint8_t> frame, PacketHeaders* headers,
                      NetworkLayer* network);

// The same behind a radiotap header (radiotap.org).
ParseOutcome ReadRadiotap(std::span<const uint8_t> frame, PacketHeaders* headers,
                          NetworkLayer* network);

}  // namespace silhouette
