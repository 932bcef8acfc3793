#include "feature-svc/packet_columns.h"

#include "absl/strings/str_cat.h"
#include "common/packet_bits.h"

namespace silhouette {
namespace {

absl::Status CheckLength(const char* column, size_t entries, size_t expected) {
  if (entries == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("packet batch: column ", column, " has ", entries,
                                                 " entries where ", expected, " were due"));
}

absl::Status CheckLengthIfAny(const char* column, size_t entries, size_t expected) {
  return entries == 0 ? absl::OkStatus() : CheckLength(column, entries, expected);
}

size_t Size(int size) { return static_cast<size_t>(size); }

MacAddress ReadMac(const std::string& column, size_t i) {
  if (column.empty()) return {};
  return MacAddress::From(reinterpret_cast<const uint8_t*>(column.data()) + 6 * i);
}

IpAddress ReadAddress(const std::string& column, size_t i) {
  return IpAddress::FromV6(reinterpret_cast<const uint8_t*>(column.data()) + 16 * i);
}

}  // namespace

absl::Status CheckColumns(const v1::PacketBatch& batch) {
  const size_t packets = Size(batch.time_ns_size());
  const v1::FlowTable& table = batch.flows();
  const size_t flows = Size(table.ports_size());
  for (const absl::Status& status :
       {CheckLength("wire_bytes", Size(batch.wire_bytes_size()), packets),
        CheckLength("flow", Size(batch.flow_size()), packets),
        CheckLength("flags", batch.flags().size(), packets),
        CheckLength("tcp_flags", batch.tcp_flags().size(), packets),
        CheckLength("flows.home_address", table.home_address().size(), 16 * flows),
        CheckLength("flows.remote_address", table.remote_address().size(), 16 * flows),
        CheckLength("flows.protocol", table.protocol().size(), flows),
        CheckLength("flows.scope", table.scope().size(), flows),
        CheckLengthIfAny("flows.home_mac", table.home_mac().size(), 6 * flows),
        CheckLengthIfAny("flows.remote_mac", table.remote_mac().size(), 6 * flows),
        CheckLengthIfAny("flows.vlan", Size(table.vlan_size()), flows),
        CheckLengthIfAny("flows.network", table.network().size(), flows)}) {
    if (!status.ok()) return status;
  }
  for (char network : table.network()) {
    if (static_cast<uint8_t>(network) > static_cast<uint8_t>(Network::kCut)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "packet batch: network ", static_cast<int>(network), " in flows.network is none of 0-3"));
    }
  }
  for (uint32_t flow : batch.flow()) {
    if (flow >= flows) {
      return absl::InvalidArgumentError(
          absl::StrCat("packet batch: flow ", flow, " is outside the table of ", flows));
    }
  }
  return absl::OkStatus();
}

std::vector<FlowKey> ReadFlows(const v1::FlowTable& table) {
  std::vector<FlowKey> flows(Size(table.ports_size()));
  for (size_t i = 0; i < flows.size(); ++i) {
    FlowKey& flow = flows[i];
    const uint32_t ports = table.ports(static_cast<int>(i));
    flow.home = ReadAddress(table.home_address(), i);
    flow.remote = ReadAddress(table.remote_address(), i);
    flow.home_port = static_cast<uint16_t>(ports >> 16);
    flow.remote_port = static_cast<uint16_t>(ports);
    flow.protocol = static_cast<uint8_t>(table.protocol()[i]);
    flow.home_is_home = (table.scope()[i] & kHomeEndIsHome) != 0;
    flow.remote_is_home = (table.scope()[i] & kRemoteEndIsHome) != 0;
    flow.ports_unknown = (table.scope()[i] & kPortsUnknown) != 0;
    flow.home_mac = ReadMac(table.home_mac(), i);
    flow.remote_mac = ReadMac(table.remote_mac(), i);
    if (!table.vlan().empty()) flow.vlan = table.vlan(static_cast<int>(i));
    if (!table.network().empty()) flow.network = static_cast<Network>(table.network()[i]);
  }
  return flows;
}

}  // namespace silhouette
