#include "feature-svc/packet_columns.h"

#include "absl/strings/str_cat.h"

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

// Null for an empty column.
const uint8_t* Bytes(const std::string& column) {
  return column.empty() ? nullptr : reinterpret_cast<const uint8_t*>(column.data());
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

FlowColumns::FlowColumns(const v1::FlowTable& table)
    : size_(Size(table.ports_size())),
      home_(Bytes(table.home_address())),
      remote_(Bytes(table.remote_address())),
      home_mac_(Bytes(table.home_mac())),
      remote_mac_(Bytes(table.remote_mac())),
      ports_(table.ports().data()),
      vlan_(table.vlan().empty() ? nullptr : table.vlan().data()),
      protocol_(Bytes(table.protocol())),
      network_(Bytes(table.network())),
      scope_(Bytes(table.scope())) {}

}  // namespace silhouette
