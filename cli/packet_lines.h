#pragma once

#include <string>

#include "common/parse/orientation.h"
#include "common/parse/packet.h"

namespace silhouette {

// One packet and what was made of it.
struct ReadPacket {
  uint64_t number;  // from 1
  const RawPacket* raw;
  ParseOutcome outcome;
  PacketHeaders headers;  // with kOk
  OrientedFlow flow;      // with kOk
};

// "ok", "not_ip", "malformed" and so on: the words of the accounts.
const char* OutcomeName(ParseOutcome outcome);

// A JSON object on a line. Keys without a value (ports of ICMP, addresses of a frame without IP)
// are left out.
std::string PacketJson(const ReadPacket& packet);

// A line for people.
std::string PacketText(const ReadPacket& packet);

}  // namespace silhouette
