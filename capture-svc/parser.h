#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "capture-svc/packet.h"

namespace silhouette {

// Reads the headers of packets of one link type. Never reads past the transport header.
class PacketParser {
 public:
  // `link_type` is libpcap's DLT_ number. Errors: UNIMPLEMENTED naming what is supported.
  static absl::StatusOr<PacketParser> ForLinkType(int link_type);

  // Fills `headers` when the outcome is kOk.
  ParseOutcome Parse(const RawPacket& packet, PacketHeaders* headers) const;

 private:
  explicit PacketParser(int link_type) : link_type_(link_type) {}

  int link_type_;
};

}  // namespace silhouette
