#include "common/parse/parser.h"

#include <netinet/in.h>

#include "common/parse/bytes.h"
#include "common/parse/ip_layer.h"
#include "common/parse/link_layer.h"

namespace silhouette {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr int kMaxTunnels = 4;

ParseOutcome ReadNetworkLayer(NetworkLayer network, const Tunnels& tunnels, int depth,
                              PacketHeaders* headers);

ParseOutcome ReadInnerEthernet(Bytes frame, const Tunnels& tunnels, int depth,
                               PacketHeaders* headers) {
  NetworkLayer network;
  headers->vlan = 0;
  headers->station = PacketEnds::Station::kNone;
  const ParseOutcome outcome = ReadEthernet(frame, headers, &network);
  return outcome == ParseOutcome::kOk ? ReadNetworkLayer(network, tunnels, depth, headers)
                                      : outcome;
}

ParseOutcome ReadGre(Bytes segment, const Tunnels& tunnels, int depth, PacketHeaders* headers) {
  constexpr uint16_t kChecksum = 0x8000, kKey = 0x2000, kSequence = 0x1000, kVersion = 7;
  constexpr uint16_t kEthernetInside = 0x6558;
  if (segment.size() < 4) return ParseOutcome::kNotIp;
  const uint16_t flags = ReadU16(segment, 0), type = ReadU16(segment, 2);
  size_t bytes = 4;
  for (uint16_t field : {kChecksum, kKey, kSequence}) bytes += (flags & field) != 0 ? 4 : 0;
  if ((flags & kVersion) != 0 || segment.size() < bytes) return ParseOutcome::kNotIp;
  const Bytes inner = segment.subspan(bytes);
  if (type == kEthernetInside) return ReadInnerEthernet(inner, tunnels, depth, headers);
  return ReadNetworkLayer({type, inner}, tunnels, depth, headers);
}

ParseOutcome ReadVxlan(Bytes segment, const Tunnels& tunnels, int depth, PacketHeaders* headers) {
  constexpr size_t kHeaders = 16;  // UDP's and its own
  constexpr uint8_t kHasNetwork = 0x08;
  if (segment.size() < kHeaders || (segment[8] & kHasNetwork) == 0) return ParseOutcome::kNotIp;
  return ReadInnerEthernet(segment.subspan(kHeaders), tunnels, depth, headers);
}

// `segment` is the payload of the packet with the headers `outer`.
ParseOutcome ReadInside(const PacketHeaders& outer, Bytes segment, const Tunnels& tunnels,
                        int depth, PacketHeaders* headers) {
  constexpr uint16_t kVxlanPort = 4789;
  switch (outer.protocol) {
    case IPPROTO_GRE:
      if (tunnels.gre) return ReadGre(segment, tunnels, depth, headers);
      break;
    case IPPROTO_IPIP:
      if (tunnels.ip_in_ip) return ReadNetworkLayer({kEtherIpv4, segment}, tunnels, depth, headers);
      break;
    case IPPROTO_IPV6:
      if (tunnels.ip_in_ip) return ReadNetworkLayer({kEtherIpv6, segment}, tunnels, depth, headers);
      break;
    case IPPROTO_UDP:
      if (tunnels.vxlan && outer.destination_port == kVxlanPort) {
        return ReadVxlan(segment, tunnels, depth, headers);
      }
      break;
  }
  return ParseOutcome::kNotIp;
}

// Puts the inner packet's headers in the place of the tunnel's, where they can be read.
void LookInside(Bytes segment, const Tunnels& tunnels, int depth, PacketHeaders* headers) {
  using Fragment = PacketHeaders::Fragment;
  if (segment.empty() || depth == kMaxTunnels || headers->fragment != Fragment::kNone) return;
  PacketHeaders inner;  // with the frame's own addresses where the tunnel holds no frame
  inner.source_mac = headers->source_mac;
  inner.destination_mac = headers->destination_mac;
  inner.vlan = headers->vlan;
  inner.station = headers->station;
  const ParseOutcome outcome = ReadInside(*headers, segment, tunnels, depth + 1, &inner);
  if (outcome == ParseOutcome::kOk && inner.network == Network::kIp) *headers = inner;
}

ParseOutcome ReadIp(NetworkLayer network, const Tunnels& tunnels, int depth,
                    PacketHeaders* headers) {
  Bytes segment;
  const ParseOutcome outcome = network.ether_type == kEtherIpv4
                                   ? ReadIpv4(network.bytes, headers, &segment)
                                   : ReadIpv6(network.bytes, headers, &segment);
  const bool any = tunnels.gre || tunnels.vxlan || tunnels.ip_in_ip;
  if (any && outcome == ParseOutcome::kOk) LookInside(segment, tunnels, depth, headers);
  return outcome;
}

ParseOutcome ReadNetworkLayer(NetworkLayer network, const Tunnels& tunnels, int depth,
                              PacketHeaders* headers) {
  if (network.ether_type == kEtherPppoe) network = ReadPppoe(network.bytes);
  if (network.ether_type == kEtherMpls || network.ether_type == kEtherMplsUpstream) {
    network = ReadMpls(network.bytes);
  }
  switch (network.ether_type) {
    case kEtherIpv4:
    case kEtherIpv6:
      return ReadIp(network, tunnels, depth, headers);
    case kEtherArp:
    case kEtherRarp:
      return ReadArp(network.bytes, headers);
    default:
      if (headers->network == Network::kIp) headers->network = Network::kOther;
      headers->header_end = network.bytes.data();
      return ParseOutcome::kOk;
  }
}

}  // namespace

ParseOutcome ParsePacket(const RawPacket& packet, const Tunnels& tunnels, PacketHeaders* headers) {
  *headers = PacketHeaders();
  NetworkLayer network;
  ParseOutcome outcome = ReadLinkLayer(packet.link_type, packet.captured, headers, &network);
  if (outcome == ParseOutcome::kOk) outcome = ReadNetworkLayer(network, tunnels, 0, headers);
  if (outcome != ParseOutcome::kOk) return outcome;
  const bool has_mac = !headers->source_mac.is_zero() || !headers->destination_mac.is_zero();
  if (headers->network == Network::kOther && !has_mac) return ParseOutcome::kNotIp;
  if (headers->network == Network::kCut && !has_mac) return ParseOutcome::kCutShort;
  return ParseOutcome::kOk;
}

}  // namespace silhouette
