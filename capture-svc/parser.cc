#include "capture-svc/parser.h"

#include "capture-svc/ip_layer.h"
#include "capture-svc/link_layer.h"

namespace silhouette {

ParseOutcome ParsePacket(const RawPacket& packet, PacketHeaders* headers) {
  NetworkLayer network;
  const ParseOutcome link = ReadLinkLayer(packet.link_type, packet.captured, &network);
  if (link != ParseOutcome::kOk) return link;
  *headers = PacketHeaders();
  if (network.ether_type == 0x0800) return ReadIpv4(network.bytes, headers);
  if (network.ether_type == 0x86dd) return ReadIpv6(network.bytes, headers);
  return ParseOutcome::kNotIp;
}

}  // namespace silhouette
