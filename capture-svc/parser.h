#pragma once

#include "capture-svc/packet.h"

namespace silhouette {

// Reads the headers of a packet, never past the transport header. Fills `headers` when the outcome
// is kOk.
ParseOutcome ParsePacket(const RawPacket& packet, PacketHeaders* headers);

}  // namespace silhouette
