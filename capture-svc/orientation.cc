#include "capture-svc/orientation.h"

namespace silhouette {
namespace {

bool SourceIsHomeEnd(const PacketHeaders& headers, bool source_is_home, bool destination_is_home) {
  if (source_is_home != destination_is_home) return source_is_home;
  if (headers.source_port != headers.destination_port) {
    return headers.source_port > headers.destination_port;
  }
  return headers.source < headers.destination;
}

}  // namespace

OrientedFlow Orient(const PacketHeaders& headers, const HomeNetworks& home) {
  const bool source_is_home = home.Contains(headers.source);
  const bool destination_is_home = home.Contains(headers.destination);
  OrientedFlow flow;
  flow.outbound = SourceIsHomeEnd(headers, source_is_home, destination_is_home);
  if (flow.outbound) {
    flow.key = {headers.source,           headers.destination, headers.source_port,
                headers.destination_port, headers.protocol,    source_is_home,
                destination_is_home};
  } else {
    flow.key = {headers.destination, headers.source,   headers.destination_port,
                headers.source_port, headers.protocol, destination_is_home,
                source_is_home};
  }
  return flow;
}

}  // namespace silhouette
