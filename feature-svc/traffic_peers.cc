#include "feature-svc/traffic_peers.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr uint8_t kSyn = 0x02, kAck = 0x10;
constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58;

// Bits of PeerCount.seen.
enum Seen : uint8_t { kSeenIn = 1, kSeenOut = 2, kSeenSynIn = 4, kSeenSynOut = 8 };
constexpr int kSeenBits = 4;

uint8_t SeenOf(const Sample& sample) {
  const bool syn = (sample.tcp_flags() & (kSyn | kAck)) == kSyn;
  if (sample.outbound()) return syn ? kSeenOut | kSeenSynOut : kSeenOut;
  return syn ? kSeenIn | kSeenSynIn : kSeenIn;
}

PeerCount StartCount(const SampleFlow& flow) {
  PeerCount count{};
  std::memcpy(count.address.data(), flow.peer_address, count.address.size());
  count.own_port = flow.own_port;
  count.peer_port = flow.peer_port;
  count.protocol = flow.is_ip ? flow.protocol : 0;
  count.is_ip = flow.is_ip;
  count.is_arp = flow.is_arp;
  count.ports_known = flow.ports_known;
  return count;
}

enum ProtocolShare : size_t { kTcpShare, kUdpShare, kIcmpShare, kArpShare, kOtherShare };

ProtocolShare ProtocolOf(const PeerCount& peer) {
  if (peer.is_arp) return kArpShare;
  if (!peer.is_ip) return kOtherShare;
  switch (peer.protocol) {
    case kTcp:
      return kTcpShare;
    case kUdp:
      return kUdpShare;
    case kIcmp:
    case kIcmp6:
      return kIcmpShare;
    default:
      return kOtherShare;
  }
}

// How many packets each address has, into `counts`; the peers are sorted by address.
size_t CountAddresses(std::span<const PeerCount> peers, std::vector<int64_t>* counts) {
  counts->clear();
  const PeerCount* last = nullptr;
  for (const PeerCount& peer : peers) {
    if (!peer.is_ip && !peer.is_arp) continue;
    if (last == nullptr || last->address != peer.address) counts->push_back(0);
    counts->back() += peer.packets;
    last = &peer;
  }
  return counts->size();
}

// How many packets each port has, into `counts`.
size_t CountPorts(std::span<const PeerCount> peers, bool own, ExtractorScratch* scratch,
                  std::vector<int64_t>* counts) {
  constexpr int kCountBits = 44;
  std::vector<int64_t>& ports = scratch->values;
  size_t known = 0;
  for (const PeerCount& peer : peers) {  // not more than packets, for which there is room
    if (!peer.ports_known) continue;
    ports[known++] = int64_t{own ? peer.own_port : peer.peer_port} << kCountBits | peer.packets;
  }
  const auto sorted = std::span(ports).first(known);
  SortValues(sorted, &scratch->spare);
  counts->clear();
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i] >> kCountBits != sorted[i - 1] >> kCountBits) counts->push_back(0);
    counts->back() += sorted[i] & ((int64_t{1} << kCountBits) - 1);
  }
  return counts->size();
}

struct UnansweredSyns {
  size_t in = 0, out = 0;
};

UnansweredSyns CountUnansweredSyns(std::span<const PeerCount> peers) {
  UnansweredSyns unanswered;
  const auto flow_of = [](const PeerCount& p) {
    return std::tie(p.address, p.own_port, p.peer_port, p.protocol);
  };
  for (size_t i = 0; i < peers.size();) {
    uint8_t seen = 0;
    const size_t first = i;
    for (; i < peers.size() && flow_of(peers[i]) == flow_of(peers[first]); ++i) {
      seen |= peers[i].seen;
    }
    if (peers[first].protocol != kTcp || !peers[first].ports_known) continue;
    unanswered.in += (seen & kSeenSynIn) != 0 && (seen & kSeenOut) == 0;
    unanswered.out += (seen & kSeenSynOut) != 0 && (seen & kSeenIn) == 0;
  }
  return unanswered;
}

}  // namespace

void CountPeers(const WindowInput& window) {
  ExtractorScratch* scratch = window.scratch;
  if (scratch->values.size() < window.samples.size()) {
    scratch->values.resize(window.samples.size());
  }
  const auto entries = std::span(scratch->values).first(window.samples.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i] = int64_t{window.samples[i].flow} << kSeenBits | SeenOf(window.samples[i]);
  }
  SortValues(entries, &scratch->spare);
  std::vector<PeerCount>& peers = scratch->peers;
  peers.clear();
  int64_t last = -1;
  for (int64_t entry : entries) {
    const int64_t flow = entry >> kSeenBits;
    if (flow != last) peers.push_back(StartCount(window.flows[static_cast<size_t>(flow)]));
    last = flow;
    ++peers.back().packets;
    peers.back().seen |= static_cast<uint8_t>(entry & ((1 << kSeenBits) - 1));
  }
  std::sort(peers.begin(), peers.end(), [](const PeerCount& a, const PeerCount& b) {
    return std::tie(a.address, a.own_port, a.peer_port, a.protocol) <
           std::tie(b.address, b.own_port, b.peer_port, b.protocol);
  });
}

void WriteProtocolShares(const WindowInput& window, FeatureWriter* out) {
  std::array<int64_t, kOtherShare + 1> packets{};
  for (const PeerCount& peer : window.scratch->peers) packets[ProtocolOf(peer)] += peer.packets;
  const auto all = static_cast<double>(std::max<size_t>(window.samples.size(), 1));
  for (int64_t count : packets) out->Add(static_cast<double>(count) / all);
}

size_t WritePeers(const WindowInput& window, double size_entropy, FeatureWriter* out) {
  ExtractorScratch* scratch = window.scratch;
  const std::span<const PeerCount> peers = scratch->peers;
  std::vector<int64_t>& counts = scratch->others;
  const size_t addresses = CountAddresses(peers, &counts);
  const double address_entropy = Entropy(counts);
  const size_t own_ports = CountPorts(peers, true, scratch, &counts);
  const double own_entropy = Entropy(counts);
  const size_t peer_ports = CountPorts(peers, false, scratch, &counts);
  const double peer_entropy = Entropy(counts);
  const UnansweredSyns unanswered = CountUnansweredSyns(peers);
  for (size_t count : {addresses, own_ports, peer_ports}) out->Count(count);
  for (double entropy : {address_entropy, own_entropy, peer_entropy, size_entropy}) {
    out->Add(entropy);
  }
  out->Count(unanswered.in);
  out->Count(unanswered.out);
  return addresses;
}

}  // namespace silhouette
