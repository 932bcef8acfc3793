// The packet parser on any bytes. The first byte picks the link type.

#include <pcap/dlt.h>

#include <cstdlib>
#include <iterator>

#include "capture-svc/orientation.h"
#include "capture-svc/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int kLinkTypes[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2,
                                DLT_RAW,    DLT_NULL,      DLT_LOOP};
  if (size == 0) return 0;
  const auto parser =
      silhouette::PacketParser::ForLinkType(kLinkTypes[data[0] % std::size(kLinkTypes)]);
  silhouette::RawPacket packet;
  packet.captured = {data + 1, size - 1};
  packet.wire_bytes = static_cast<uint32_t>(size - 1);
  silhouette::PacketHeaders headers;
  if (parser->Parse(packet, &headers) != silhouette::ParseOutcome::kOk) return 0;
  const auto flow = silhouette::Orient(headers, silhouette::HomeNetworks::Default());
  // Whoever spoke, the flow has the packet's two ends.
  const auto& from = flow.outbound ? flow.key.home : flow.key.remote;
  if (from != headers.source) std::abort();
  return 0;
}
