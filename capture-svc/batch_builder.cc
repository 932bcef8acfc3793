#include "capture-svc/batch_builder.h"

#include <cstring>
#include <span>
#include <string>

#include "common/shed_hash.h"

namespace silhouette {
namespace {

uint16_t PortOf(uint64_t end) { return __builtin_bswap16(static_cast<uint16_t>(end >> 32)); }

// The second half of the address of a fast key's end, mapped to IPv6; the first is 0.
uint64_t MappedV4(uint64_t end) { return end << 32 | 0xffff'0000; }

char ScopeOf(bool home_is_ours, bool remote_is_ours, bool ports_unknown) {
  return static_cast<char>((home_is_ours ? kHomeEndIsHome : 0) |
                           (remote_is_ours ? kRemoteEndIsHome : 0) |
                           (ports_unknown ? kPortsUnknown : 0));
}

// As Orient, for the low end of a fast key as the source.
bool LowIsHome(const FastKey& key, bool low_is_ours, bool high_is_ours) {
  if (low_is_ours != high_is_ours) return low_is_ours;
  const uint16_t low_port = PortOf(key.low_end), high_port = PortOf(key.high_end);
  if (low_port != high_port) return low_port > high_port;
  const auto address = [](uint64_t end) { return __builtin_bswap32(static_cast<uint32_t>(end)); };
  return address(key.low_end) < address(key.high_end);
}

PacketEnds Reverse(const PacketEnds& ends) {
  using Station = PacketEnds::Station;
  PacketEnds reverse = ends;
  std::swap(reverse.source, reverse.destination);
  std::swap(reverse.source_mac, reverse.destination_mac);
  std::swap(reverse.source_port, reverse.destination_port);
  if (ends.station == Station::kSource) reverse.station = Station::kDestination;
  if (ends.station == Station::kDestination) reverse.station = Station::kSource;
  return reverse;
}

}  // namespace

BatchBuilder::BatchBuilder(const HomeNetworks& home, std::unique_ptr<Anonymizer> anonymizer)
    : home_(home), anonymizer_(std::move(anonymizer)), rows_(kMaxPackets) {
  columns_.time_ns.resize(kMaxPackets);
  columns_.wire_bytes.resize(kMaxPackets);
  columns_.flow.resize(kMaxPackets);
  columns_.flags.resize(kMaxPackets);
  columns_.tcp_flags.resize(kMaxPackets);
}

const BatchBuilder::EndsFlow& BatchBuilder::Find(const PacketEnds& ends) {
  bool is_new;
  EndsFlow* flow = ends_flows_.Find(ends, ends_flows_.Prepare(ends), &is_new);
  if (is_new) AppendEndsFlow(flow);
  return *flow;
}

void BatchBuilder::AppendEndsFlow(EndsFlow* flow) {
  const OrientedFlow oriented = Orient(flow->key, home_);
  flow->first_is_home = oriented.outbound;
  const EndsFlow* other = ends_flows_.FindKnown(Reverse(flow->key));
  // Who talks to itself has one direction; so has who orients alike both ways.
  const bool has_row = other != nullptr && other->first_is_home != oriented.outbound;
  flow->row = has_row ? other->row : AppendFlow(oriented.key);
}

void BatchBuilder::AppendFastFlow(FastFlow* flow) {
  if (anonymizer_ != nullptr) {
    const OrientedFlow oriented = Orient(EndsOf(flow->key), home_);
    flow->first_is_home = oriented.outbound;
    flow->row = AppendFlow(oriented.key);
    return;
  }
  const bool low_is_ours = home_.ContainsV4(static_cast<uint32_t>(flow->key.low_end));
  const bool high_is_ours = home_.ContainsV4(static_cast<uint32_t>(flow->key.high_end));
  const bool low_is_home = LowIsHome(flow->key, low_is_ours, high_is_ours);
  flow->first_is_home = low_is_home;
  // Without branches, as which end is the low one cannot be foretold.
  const uint64_t swap = static_cast<uint64_t>(low_is_home) - 1;  // all bits or none
  const uint64_t differ = (flow->key.low_end ^ flow->key.high_end) & swap;
  const uint64_t home = flow->key.low_end ^ differ, remote = flow->key.high_end ^ differ;
  const uint64_t mac_differ = (flow->key.low_mac ^ flow->key.high_mac) & swap;
  const bool both = low_is_ours & high_is_ours, any = low_is_ours | high_is_ours;
  // Field by field, since a copy of what was just written in smaller pieces has to wait for them.
  Row& row = rows_[flows_];
  row.home[0] = row.remote[0] = 0;
  row.home[1] = MappedV4(home);
  row.remote[1] = MappedV4(remote);
  row.home_mac = (flow->key.low_mac ^ mac_differ) >> 16;
  row.remote_mac = (flow->key.high_mac ^ mac_differ) >> 16;
  row.ports = uint32_t{PortOf(home)} << 16 | PortOf(remote);
  row.vlan = 0;
  row.protocol = static_cast<char>(flow->key.protocol());
  row.network = static_cast<char>(Network::kIp);
  row.scope = ScopeOf(any, both, false);  // with one of ours, that is the home end
  flow->row = KeepRow();
}

// Both ends are devices where both are at home; else the home end is.
uint16_t BatchBuilder::KeepRow() {
  const Row& row = rows_[flows_];
  const bool both = (row.scope & kHomeEndIsHome) != 0 && (row.scope & kRemoteEndIsHome) != 0;
  const bool is_shed = shed_share_ > 0 && ShedHash(row.home) < shed_share_ &&
                       (!both || ShedHash(row.remote) < shed_share_);
  return is_shed ? kShedRow : static_cast<uint16_t>(flows_++);
}

uint16_t BatchBuilder::AppendFlow(FlowKey key) {
  if (anonymizer_ != nullptr) anonymizer_->Apply(&key);
  Row& row = rows_[flows_];
  std::memcpy(row.home, key.home.bytes.data(), sizeof row.home);
  std::memcpy(row.remote, key.remote.bytes.data(), sizeof row.remote);
  row.home_mac = row.remote_mac = 0;
  std::memcpy(&row.home_mac, key.home_mac.bytes.data(), 6);
  std::memcpy(&row.remote_mac, key.remote_mac.bytes.data(), 6);
  row.ports = uint32_t{key.home_port} << 16 | key.remote_port;
  row.vlan = key.vlan;
  row.protocol = static_cast<char>(key.protocol);
  row.network = static_cast<char>(key.network);
  row.scope = ScopeOf(key.home_is_home, key.remote_is_home, key.ports_unknown);
  return KeepRow();
}

void BatchBuilder::WritePackets() {
  const auto write = [this](const auto& column, auto* field) {
    field->Clear();
    field->Add(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(packets_));
  };
  write(columns_.time_ns, batch_.mutable_time_ns());
  write(columns_.wire_bytes, batch_.mutable_wire_bytes());
  write(columns_.flow, batch_.mutable_flow());
  batch_.mutable_flags()->assign(columns_.flags.data(), packets_);
  batch_.mutable_tcp_flags()->assign(columns_.tcp_flags.data(), packets_);
}

// The first `kBytes` of a field of each row.
template <size_t kBytes, typename Field>
void BatchBuilder::WriteColumn(std::span<const Row> rows, Field Row::*field, std::string* column) {
  column->resize(kBytes * rows.size());
  char* at = column->data();
  for (const Row& row : rows) {
    std::memcpy(at, &(row.*field), kBytes);
    at += kBytes;
  }
}

void BatchBuilder::WriteFlows() {
  v1::FlowTable* table = batch_.mutable_flows();
  const std::span<const Row> rows(rows_.data(), flows_);
  WriteColumn<16>(rows, &Row::home, table->mutable_home_address());
  WriteColumn<16>(rows, &Row::remote, table->mutable_remote_address());
  WriteColumn<6>(rows, &Row::home_mac, table->mutable_home_mac());
  WriteColumn<6>(rows, &Row::remote_mac, table->mutable_remote_mac());
  WriteColumn<1>(rows, &Row::protocol, table->mutable_protocol());
  WriteColumn<1>(rows, &Row::network, table->mutable_network());
  WriteColumn<1>(rows, &Row::scope, table->mutable_scope());
  const auto write = [rows](uint32_t Row::*field, auto* column) {
    column->Clear();
    column->Reserve(static_cast<int>(rows.size()));
    uint32_t* at = column->AddNAlreadyReserved(static_cast<int>(rows.size()));
    for (const Row& row : rows) *at++ = row.*field;
  };
  write(&Row::ports, table->mutable_ports());
  write(&Row::vlan, table->mutable_vlan());
}

v1::PacketBatch* BatchBuilder::Finish() {
  WritePackets();
  WriteFlows();
  if (shed_packets_ > 0) {
    v1::Shed* shed = batch_.mutable_shed();
    shed->set_share(shed_share_);
    shed->set_from_ns(shed_from_ns_);
    shed->set_until_ns(shed_until_ns_);
  }
  return &batch_;
}

void BatchBuilder::ShedAll() {
  for (size_t i = 0; i < packets_; ++i) Shed(columns_.time_ns[i]);
  Empty();
  shed_without_room_ = shed_packets_;
  shed_share_ = kShedShares;
}

void BatchBuilder::Clear() {
  batch_.clear_header();
  batch_.clear_lost_before();
  batch_.clear_shed();
  shed_packets_ = shed_without_room_ = 0;
  shed_share_ = next_shed_share_;
  Empty();
}

void BatchBuilder::Empty() {
  packets_ = 0;
  flows_ = 0;
  fast_flows_.Clear();
  ends_flows_.Clear();
}

}  // namespace silhouette
