#include "capture-svc/batch_builder.h"

#include <bit>
#include <cstring>
#include <string>


namespace silhouette {
namespace {

// Multiplies and folds: each output bit depends on all bits of both.
uint64_t Mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 Uint128;
  const Uint128 product = Uint128{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// After wyhash. The dictionary is small and lives for one batch, so that colliding on purpose
// gains a sender nothing worth a secret key.
uint64_t Hash(const PacketEnds& ends) {
  static_assert(sizeof ends == 7 * sizeof(uint64_t));
  constexpr uint64_t kOdd[] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
                               0x589965cc75374cc3};
  uint64_t word[7];
  std::memcpy(word, &ends, sizeof ends);
  return Mix(Mix(word[0] ^ kOdd[0], word[1] ^ kOdd[1]) ^ Mix(word[2] ^ kOdd[2], word[3] ^ kOdd[3]),
             Mix(word[4] ^ kOdd[1], word[5] ^ kOdd[2]) ^ Mix(word[6] ^ kOdd[3], kOdd[0]));
}

bool Equal(const PacketEnds& a, const PacketEnds& b) {
  uint64_t x[7], y[7], difference = 0;
  std::memcpy(x, &a, sizeof x);
  std::memcpy(y, &b, sizeof y);
  for (int i = 0; i < 7; ++i) difference |= x[i] ^ y[i];
  return difference == 0;
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

BatchBuilder::BatchBuilder(const HomeNetworks& home, size_t max_packets)
    : home_(home),
      max_packets_(max_packets),
      cache_(home),
      slots_(std::bit_ceil(2 * max_packets)) {
  entries_.reserve(max_packets);
  ResizeColumns(max_packets, max_packets);
}

void BatchBuilder::Add(int64_t time_ns, uint32_t wire_bytes, const PacketHeaders& headers) {
  const Entry& entry = Find(headers);
  AppendPacket(time_ns, wire_bytes, entry.flow, entry.outbound, headers.tcp_flags);
}

uint32_t BatchBuilder::AppendCommonFlow(const FlowCache::Flow& flow) {
  static constexpr char kV4Prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  const CommonKey& key = flow.key;
  const uint64_t home = flow.low_is_home ? key.low_end : key.high_end;
  const uint64_t remote = flow.low_is_home ? key.high_end : key.low_end;
  const uint64_t home_mac = flow.low_is_home ? key.low_mac : key.high_mac;
  const uint64_t remote_mac = flow.low_is_home ? key.high_mac : key.low_mac;
  const auto port = [](uint64_t end) -> uint32_t {
    return __builtin_bswap16(static_cast<uint16_t>(end >> 32));
  };
  const size_t i = flows_;
  std::memcpy(columns_.home_address + 16 * i, kV4Prefix, 12);
  std::memcpy(columns_.home_address + 16 * i + 12, &home, 4);
  std::memcpy(columns_.remote_address + 16 * i, kV4Prefix, 12);
  std::memcpy(columns_.remote_address + 16 * i + 12, &remote, 4);
  std::memcpy(columns_.home_mac + 6 * i, &home_mac, 6);
  std::memcpy(columns_.remote_mac + 6 * i, &remote_mac, 6);
  columns_.ports[i] = port(home) << 16 | port(remote);
  columns_.vlan[i] = 0;
  columns_.protocol[i] = static_cast<char>(key.low_end >> 48);
  columns_.network[i] = static_cast<char>(Network::kIp);
  columns_.scope[i] = flow.scope;
  return flows_++;
}

const BatchBuilder::Entry& BatchBuilder::Find(const PacketEnds& ends) {
  const uint64_t hash = Hash(ends);
  const Slot* slot = Probe(ends, hash);
  return slot->batch == batch_number_ ? entries_[slot->entry] : Insert(ends, hash);
}

BatchBuilder::Slot* BatchBuilder::Probe(const PacketEnds& ends, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hash >> 32) & mask;; at = (at + 1) & mask) {
    Slot* slot = &slots_[at];
    if (slot->batch != batch_number_) return slot;
    if (slot->hash == static_cast<uint32_t>(hash) && Equal(entries_[slot->entry].ends, ends)) {
      return slot;
    }
  }
}

const BatchBuilder::Entry& BatchBuilder::Insert(const PacketEnds& ends, uint64_t hash) {
  const OrientedFlow oriented = Orient(ends, home_);
  const PacketEnds reverse = Reverse(ends);
  const Slot* other = Probe(reverse, Hash(reverse));
  // Who talks to itself has one direction; so has who orients alike both ways.
  const bool has_row = other->batch == batch_number_ &&
                       entries_[other->entry].outbound != oriented.outbound;
  const uint32_t flow = has_row ? entries_[other->entry].flow : AppendFlow(oriented.key);
  *Probe(ends, hash) = {batch_number_, static_cast<uint32_t>(hash),
                        static_cast<uint32_t>(entries_.size())};
  return entries_.emplace_back(Entry{ends, flow, oriented.outbound});
}

uint32_t BatchBuilder::AppendFlow(const FlowKey& key) {
  const size_t i = flows_;
  std::memcpy(columns_.home_address + 16 * i, key.home.bytes.data(), 16);
  std::memcpy(columns_.remote_address + 16 * i, key.remote.bytes.data(), 16);
  std::memcpy(columns_.home_mac + 6 * i, key.home_mac.bytes.data(), 6);
  std::memcpy(columns_.remote_mac + 6 * i, key.remote_mac.bytes.data(), 6);
  columns_.ports[i] = uint32_t{key.home_port} << 16 | key.remote_port;
  columns_.vlan[i] = key.vlan;
  columns_.protocol[i] = static_cast<char>(key.protocol);
  columns_.network[i] = static_cast<char>(key.network);
  columns_.scope[i] = static_cast<char>((key.home_is_home ? kHomeEndIsHome : 0) |
                                        (key.remote_is_home ? kRemoteEndIsHome : 0) |
                                        (key.ports_unknown ? kPortsUnknown : 0));
  return flows_++;
}

void BatchBuilder::ResizeColumns(size_t packets, size_t flows) {
  const auto resize = [](auto* field, size_t size) {
    const int count = static_cast<int>(size);
    if (field->size() < count) {
      field->Resize(count, 0);
    } else {
      field->Truncate(count);
    }
    return field->mutable_data();
  };
  const auto resize_bytes = [](std::string* field, size_t size) {
    field->resize(size);
    return field->data();
  };
  v1::FlowTable* table = batch_.mutable_flows();
  columns_ = {resize(batch_.mutable_time_ns(), packets),
              resize(batch_.mutable_wire_bytes(), packets),
              resize(batch_.mutable_flow(), packets),
              resize_bytes(batch_.mutable_flags(), packets),
              resize_bytes(batch_.mutable_tcp_flags(), packets),
              resize_bytes(table->mutable_home_address(), 16 * flows),
              resize_bytes(table->mutable_remote_address(), 16 * flows),
              resize_bytes(table->mutable_home_mac(), 6 * flows),
              resize_bytes(table->mutable_remote_mac(), 6 * flows),
              resize(table->mutable_ports(), flows),
              resize(table->mutable_vlan(), flows),
              resize_bytes(table->mutable_protocol(), flows),
              resize_bytes(table->mutable_network(), flows),
              resize_bytes(table->mutable_scope(), flows)};
}

v1::PacketBatch* BatchBuilder::Finish() {
  ResizeColumns(packets_, flows_);
  return &batch_;
}

void BatchBuilder::Clear() {
  batch_.clear_header();
  batch_.clear_lost_before();
  packets_ = 0;
  flows_ = 0;
  entries_.clear();
  if (++batch_number_ == 0) {
    slots_.assign(slots_.size(), Slot());
    batch_number_ = 1;
  }
  ResizeColumns(max_packets_, max_packets_);
}

}  // namespace silhouette
