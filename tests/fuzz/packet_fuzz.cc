// The packet parser on any bytes. The first byte picks the link type.

#include <cstdlib>
#include <iterator>

#include "capture-svc/link_type.h"
#include "capture-svc/orientation.h"
#include "capture-svc/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace silhouette;
  constexpr LinkType kLinkTypes[] = {kLinkEthernet, kLinkLinuxCooked, kLinkLinuxCooked2, kLinkRaw,
                                     kLinkNull,     kLinkLoop,        kLinkPpp,          kLinkPppoe,
                                     kLinkWifi,     kLinkWifiRadiotap};
  if (size == 0) return 0;
  silhouette::RawPacket packet;
  packet.link_type = kLinkTypes[data[0] % std::size(kLinkTypes)];
  packet.captured = {data + 1, size - 1};
  packet.wire_bytes = static_cast<uint32_t>(size - 1);
  silhouette::PacketHeaders headers;
  if (ParsePacket(packet, {true, true, true}, &headers) != silhouette::ParseOutcome::kOk) return 0;
  const auto flow = silhouette::Orient(headers, silhouette::HomeNetworks::Default());
  // Whoever spoke, the flow has the packet's two ends.
  const auto& from = flow.outbound ? flow.key.home : flow.key.remote;
  if (from != headers.source) std::abort();
  return 0;
}
