#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>

#include "feature-svc/extractor.h"
#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr int64_t kBurstGapNs = 30'000'000;
constexpr size_t kSizeBins = 7;
constexpr size_t kTcpFlags = 6;  // FIN, SYN, RST, PSH, ACK, URG from the lowest bit up
constexpr uint8_t kSyn = 0x02, kAck = 0x10;
constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58;

// Writes values one behind the other.
class Writer {
 public:
  explicit Writer(double* at) : at_(at) {}
  void Add(double value) { *at_++ = value; }
  void Count(size_t count) { Add(static_cast<double>(count)); }

 private:
  double* at_;
};

enum class Side { kIn, kOut, kAll };

// What one pass over the packets of a side gives.
struct SideCounts {
  size_t packets = 0;
  size_t gaps = 0;
  uint64_t bytes = 0;
  std::array<size_t, kSizeBins> size_bins{};
  std::array<size_t, kTcpFlags> tcp_flags{};
  size_t bursts = 0;
  size_t burst_packets_max = 0;
};

bool Takes(Side side, const Sample& sample) {
  return side == Side::kAll || (side == Side::kOut) == sample.outbound();
}

int64_t PreviousNs(Side side, const WindowInput& window) {
  if (side == Side::kAll) return window.previous_ns();
  return side == Side::kIn ? window.previous_in_ns : window.previous_out_ns;
}

// 0 below 64 bytes, one more for each doubling.
size_t SizeBin(uint32_t wire_bytes) {
  return std::min<size_t>(static_cast<size_t>(std::bit_width(wire_bytes >> 6)), kSizeBins - 1);
}

// Also leaves the sizes and gaps of the side in the scratch memory.
SideCounts CountSide(Side side, const WindowInput& window) {
  std::vector<int64_t>& sizes = window.scratch->values;
  std::vector<int64_t>& gaps_ns = window.scratch->others;
  if (sizes.size() < window.samples.size()) sizes.resize(window.samples.size());
  if (gaps_ns.size() < window.samples.size()) gaps_ns.resize(window.samples.size());
  SideCounts counts;
  int64_t previous_ns = PreviousNs(side, window);
  size_t burst_packets = 0;
  for (const Sample& sample : window.samples) {
    if (!Takes(side, sample)) continue;
    sizes[counts.packets++] = sample.wire_bytes;
    counts.bytes += sample.wire_bytes;
    ++counts.size_bins[SizeBin(sample.wire_bytes)];
    const uint8_t flags = window.log->tcp_flags[sample.row];
    for (size_t bit = 0; bit < kTcpFlags; ++bit) counts.tcp_flags[bit] += flags >> bit & 1;
    const bool first = previous_ns == WindowInput::kNever;
    const int64_t gap_ns = first ? kBurstGapNs : sample.time_ns() - previous_ns;
    if (!first) gaps_ns[counts.gaps++] = gap_ns;
    if (gap_ns >= kBurstGapNs) {
      ++counts.bursts;
      burst_packets = 0;
    }
    counts.burst_packets_max = std::max(counts.burst_packets_max, ++burst_packets);
    previous_ns = sample.time_ns();
  }
  return counts;
}

// Mean, std, min, quartiles and max. Sorts the values.
void WriteDistribution(std::span<int64_t> values, double unit, std::vector<int64_t>* spare,
                       Writer* out) {
  const Moments moments = MomentsOf(values);
  out->Add(moments.Mean() / unit);
  out->Add(moments.SampleStd(values) / unit);
  SortValues(values, spare);
  for (size_t quarters = 0; quarters <= 4; ++quarters) {
    out->Add(QuantileOfSorted(values, quarters) / unit);
  }
}

// How often each value occurs, into `counts`; returns how many differ.
size_t CountRuns(std::span<const int64_t> sorted, std::vector<int64_t>* counts) {
  counts->clear();
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i] != sorted[i - 1]) counts->push_back(0);
    ++counts->back();
  }
  return counts->size();
}

// Leaves how often each size occurs in the spare memory.
SideCounts WriteSide(Side side, const WindowInput& window, Writer* out) {
  const SideCounts counts = CountSide(side, window);
  ExtractorScratch* scratch = window.scratch;
  const auto sizes = std::span(scratch->values).first(counts.packets);
  out->Count(counts.packets);
  out->Add(static_cast<double>(counts.bytes));
  out->Add(static_cast<double>(counts.bytes) /
           (static_cast<double>(window.length_ns) / kNsPerSecond));
  WriteDistribution(sizes, 1, &scratch->spare, out);
  WriteDistribution(std::span(scratch->others).first(counts.gaps), kNsPerSecond, &scratch->spare,
                    out);
  out->Count(CountRuns(sizes, &scratch->spare));
  for (size_t count : counts.size_bins) out->Count(count);
  out->Count(counts.bursts);
  out->Count(counts.burst_packets_max);
  for (size_t count : counts.tcp_flags) out->Count(count);
  return counts;
}

// Bits of PeerCount.seen.
enum Seen : uint8_t { kSeenIn = 1, kSeenOut = 2, kSeenSynIn = 4, kSeenSynOut = 8 };
constexpr int kSeenBits = 4;

uint8_t SeenOf(const Sample& sample, uint8_t tcp_flags) {
  const bool syn = (tcp_flags & (kSyn | kAck)) == kSyn;
  if (sample.outbound()) return syn ? kSeenOut | kSeenSynOut : kSeenOut;
  return syn ? kSeenIn | kSeenSynIn : kSeenIn;
}

PeerCount StartCount(const SampleFlow& flow) {
  PeerCount count{};
  std::memcpy(count.address.data(), flow.peer_address, count.address.size());
  count.own_port = flow.own_port;
  count.peer_port = flow.peer_port;
  count.protocol = flow.is_ip ? flow.protocol : 0;
  count.has_address = flow.is_ip || flow.is_arp;
  count.ports_known = flow.ports_known;
  return count;
}

// The packets by flow entry of the log, sorted by peer and ports. One flow may have several
// entries.
void CountPeers(const WindowInput& window) {
  ExtractorScratch* scratch = window.scratch;
  auto entries = std::span(scratch->values).first(window.samples.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const uint32_t row = window.samples[i].row;
    entries[i] = int64_t{window.log->flow[row]} << kSeenBits |
                 SeenOf(window.samples[i], window.log->tcp_flags[row]);
  }
  SortValues(entries, &scratch->spare);
  std::vector<PeerCount>& peers = scratch->peers;
  peers.clear();
  int64_t last = -1;
  for (int64_t entry : entries) {
    const int64_t flow = entry >> kSeenBits;
    if (flow != last) peers.push_back(StartCount(window.log->flows[static_cast<size_t>(flow)]));
    last = flow;
    ++peers.back().packets;
    peers.back().seen |= static_cast<uint8_t>(entry & ((1 << kSeenBits) - 1));
  }
  std::sort(peers.begin(), peers.end(), [](const PeerCount& a, const PeerCount& b) {
    return std::tie(a.address, a.own_port, a.peer_port, a.protocol) <
           std::tie(b.address, b.own_port, b.peer_port, b.protocol);
  });
}

enum ProtocolShare : size_t { kTcpShare, kUdpShare, kIcmpShare, kArpShare, kOtherShare };

ProtocolShare ProtocolOf(const SampleFlow& flow) {
  if (flow.is_arp) return kArpShare;
  if (!flow.is_ip) return kOtherShare;
  switch (flow.protocol) {
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

void WriteProtocolShares(const WindowInput& window, Writer* out) {
  std::array<size_t, kOtherShare + 1> packets{};
  for (const Sample& sample : window.samples) {
    const SampleFlow& flow = window.log->flows[window.log->flow[sample.row]];
    ++packets[ProtocolOf(flow)];
  }
  const auto all = static_cast<double>(std::max<size_t>(window.samples.size(), 1));
  for (size_t count : packets) out->Add(static_cast<double>(count) / all);
}

// How many packets each address has, into `counts`; the peers are sorted by address.
size_t CountAddresses(std::span<const PeerCount> peers, std::vector<int64_t>* counts) {
  counts->clear();
  const PeerCount* last = nullptr;
  for (const PeerCount& peer : peers) {
    if (!peer.has_address) continue;
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

// Returns the number of peers.
size_t WritePeers(const WindowInput& window, double size_entropy, Writer* out) {
  ExtractorScratch* scratch = window.scratch;
  CountPeers(window);
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

// One quantity of a window against the same of the windows before it.
template <typename T>
void WriteRatio(T PastWindow::*quantity, const WindowInput& window, Writer* out) {
  if (window.past.empty()) return out->Add(1);
  std::array<int64_t, kTrafficV1PastWindows> past;
  const size_t count = std::min(past.size(), window.past.size());
  uint64_t bits = 0;
  for (size_t i = 0; i < count; ++i) {
    past[i] = static_cast<int64_t>(window.past[i].*quantity);
    bits |= window.past[i].*quantity;
  }
  const auto own = static_cast<double>(window.own->*quantity);
  out->Add((1 + own) / (1 + Median(std::span(past).first(count), bits)));
}

}  // namespace

void ExtractTrafficV1(const WindowInput& window, double* values) {
  Writer out(values);
  const SideCounts in = WriteSide(Side::kIn, window, &out);
  const SideCounts outbound = WriteSide(Side::kOut, window, &out);
  WriteSide(Side::kAll, window, &out);
  const double size_entropy = Entropy(window.scratch->spare);
  WriteProtocolShares(window, &out);
  const size_t peers = WritePeers(window, size_entropy, &out);
  *window.own = {in.bytes,
                 outbound.bytes,
                 static_cast<uint32_t>(in.packets),
                 static_cast<uint32_t>(outbound.packets),
                 static_cast<uint32_t>(peers),
                 window.own->number};
  WriteRatio(&PastWindow::in_packets, window, &out);
  WriteRatio(&PastWindow::out_packets, window, &out);
  WriteRatio(&PastWindow::in_bytes, window, &out);
  WriteRatio(&PastWindow::out_bytes, window, &out);
  WriteRatio(&PastWindow::peers, window, &out);
}

}  // namespace silhouette
