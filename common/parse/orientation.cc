#include "common/parse/orientation.h"

namespace silhouette {
namespace {

struct HomeEnds {
  bool source_is_home;
  bool destination_is_home;
  bool outbound;
};

HomeEnds ByAddress(const PacketEnds& ends, const HomeNetworks& home) {
  const bool source = home.Contains(ends.source);
  const bool destination = home.Contains(ends.destination);
  if (source != destination) return {source, destination, source};
  if (ends.source_port != ends.destination_port) {
    return {source, destination, ends.source_port > ends.destination_port};
  }
  return {source, destination, ends.source < ends.destination};
}

HomeEnds ByHardwareAddress(const PacketEnds& ends) {
  using Station = PacketEnds::Station;
  if (ends.station != Station::kNone) {
    const bool source = ends.station == Station::kSource;
    return {source, !source, source};
  }
  const auto can_be_home = [](const MacAddress& mac) { return !mac.is_group() && !mac.is_zero(); };
  const bool source = can_be_home(ends.source_mac);
  const bool destination = can_be_home(ends.destination_mac);
  if (source != destination) return {source, destination, source};
  return {source, destination, ends.source_mac < ends.destination_mac};
}

}  // namespace

OrientedFlow Orient(const PacketEnds& ends, const HomeNetworks& home) {
  const bool by_address = ends.network == Network::kIp || ends.network == Network::kArp;
  const HomeEnds found = by_address ? ByAddress(ends, home) : ByHardwareAddress(ends);
  OrientedFlow flow;
  flow.outbound = found.outbound;
  FlowKey& key = flow.key;
  key.home = found.outbound ? ends.source : ends.destination;
  key.remote = found.outbound ? ends.destination : ends.source;
  key.home_port = found.outbound ? ends.source_port : ends.destination_port;
  key.remote_port = found.outbound ? ends.destination_port : ends.source_port;
  key.home_is_home = found.outbound ? found.source_is_home : found.destination_is_home;
  key.remote_is_home = found.outbound ? found.destination_is_home : found.source_is_home;
  key.home_mac = found.outbound ? ends.source_mac : ends.destination_mac;
  key.remote_mac = found.outbound ? ends.destination_mac : ends.source_mac;
  key.protocol = ends.protocol;
  key.network = ends.network;
  key.ports_unknown = ends.ports_unknown;
  key.vlan = ends.vlan;
  return flow;
}

}  // namespace silhouette
