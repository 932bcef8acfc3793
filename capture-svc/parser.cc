#include "capture-svc/parser.h"

#include <pcap/pcap.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "capture-svc/ip_layer.h"
#include "capture-svc/link_layer.h"

namespace silhouette {

absl::StatusOr<PacketParser> PacketParser::ForLinkType(int link_type) {
  if (IsSupportedLinkType(link_type)) return PacketParser(link_type);
  const char* name = pcap_datalink_val_to_name(link_type);
  return absl::UnimplementedError(absl::StrCat(
      "link type ", link_type, " (", name != nullptr ? name : "unknown",
      ") is not supported; Ethernet, Linux cooked, raw IP and BSD loopback captures are"));
}

ParseOutcome PacketParser::Parse(const RawPacket& packet, PacketHeaders* headers) const {
  NetworkLayer network;
  const ParseOutcome link = ReadLinkLayer(link_type_, packet.captured, &network);
  if (link != ParseOutcome::kOk) return link;
  *headers = PacketHeaders();
  if (network.ether_type == 0x0800) return ReadIpv4(network.bytes, headers);
  if (network.ether_type == 0x86dd) return ReadIpv6(network.bytes, headers);
  return ParseOutcome::kNotIp;
}

}  // namespace silhouette
