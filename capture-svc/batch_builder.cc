#include "capture-svc/batch_builder.h"

#include <string>

#include "common/packet_bits.h"

namespace silhouette {
namespace {

void AppendAddress(const IpAddress& address, std::string* column) {
  column->append(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
}

}  // namespace

void BatchBuilder::Add(int64_t time_ns, uint32_t wire_bytes, uint8_t tcp_flags,
                       const OrientedFlow& flow) {
  batch_.add_time_ns(time_ns);
  batch_.add_wire_bytes(wire_bytes);
  batch_.add_flow(FlowIndex(flow.key));
  batch_.mutable_flags()->push_back(flow.outbound ? kPacketOutbound : 0);
  batch_.mutable_tcp_flags()->push_back(static_cast<char>(tcp_flags));
}

uint32_t BatchBuilder::FlowIndex(const FlowKey& key) {
  const auto [at, is_new] = flows_.try_emplace(key, static_cast<uint32_t>(flows_.size()));
  if (is_new) {
    v1::FlowTable* table = batch_.mutable_flows();
    AppendAddress(key.home, table->mutable_home_address());
    AppendAddress(key.remote, table->mutable_remote_address());
    table->add_ports(uint32_t{key.home_port} << 16 | key.remote_port);
    table->mutable_protocol()->push_back(static_cast<char>(key.protocol));
    table->mutable_scope()->push_back(static_cast<char>(
        (key.home_is_home ? kHomeEndIsHome : 0) | (key.remote_is_home ? kRemoteEndIsHome : 0)));
  }
  return at->second;
}

void BatchBuilder::Clear() {
  batch_.Clear();
  flows_.clear();
}

}  // namespace silhouette
