#include <algorithm>
#include <array>
#include <bit>

#include "feature-svc/extractor.h"
#include "feature-svc/feature_writer.h"
#include "feature-svc/statistics.h"
#include "feature-svc/traffic_peers.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr int64_t kBurstGapNs = 30'000'000;
constexpr size_t kSizeBins = 7;
constexpr size_t kTcpFlags = 6;  // FIN, SYN, RST, PSH, ACK, URG from the lowest bit up

// The sides of a window, as indices.
constexpr size_t kIn = 0, kOut = 1, kAll = 2;

// For each combination of TCP flags, a word with a lane of bits for each flag, 1 where it is set.
constexpr int kLaneBits = 10;
constexpr uint32_t kLaneMax = (1 << kLaneBits) - 1;
constexpr auto kLanes = [] {
  std::array<uint64_t, 1 << kTcpFlags> lanes{};
  for (size_t flags = 0; flags < lanes.size(); ++flags) {
    for (size_t bit = 0; bit < kTcpFlags; ++bit) {
      lanes[flags] |= uint64_t{flags >> bit & 1} << kLaneBits * bit;
    }
  }
  return lanes;
}();

// How often each TCP flag was set, counted for all flags at once.
class FlagCounter {
 public:
  void Add(uint8_t flags) {
    pending_ += kLanes[flags % kLanes.size()];
    if (++adds_ == kLaneMax) Flush();
  }
  void Add(FlagCounter* other) {
    other->Flush();
    for (size_t flag = 0; flag < kTcpFlags; ++flag) counts_[flag] += other->counts_[flag];
  }
  size_t Count(size_t flag) {
    Flush();
    return counts_[flag];
  }

 private:
  void Flush() {
    for (size_t bit = 0; bit < kTcpFlags; ++bit) {
      counts_[bit] += pending_ >> kLaneBits * bit & kLaneMax;
    }
    pending_ = adds_ = 0;
  }

  uint64_t pending_ = 0;
  uint32_t adds_ = 0;
  std::array<size_t, kTcpFlags> counts_{};
};

// What one pass over the packets gives of a side, beside its sizes and gaps.
struct SideCounts {
  size_t packets = 0;
  size_t gaps = 0;
  int64_t previous_ns = WindowInput::kNever;
  FlagCounter tcp_flags;
};
using AllCounts = std::array<SideCounts, 3>;

// Leaves sizes and gaps of each side in the scratch memory, sizes of all packets excepted. Has no
// branch on the direction, which nobody can foretell.
AllCounts SplitSides(const WindowInput& window) {
  auto& sides = window.scratch->sides;
  for (SideScratch& side : sides) {
    if (side.sizes.size() < window.samples.size()) side.sizes.resize(window.samples.size());
    if (side.gaps_ns.size() < window.samples.size()) side.gaps_ns.resize(window.samples.size());
  }
  AllCounts counts;
  counts[kIn].previous_ns = window.previous_in_ns;
  counts[kOut].previous_ns = window.previous_out_ns;
  counts[kAll].previous_ns = window.previous_ns();
  for (const Sample& sample : window.samples) {
    const int64_t time_ns = window.TimeOf(sample);
    const size_t direction = sample.outbound() ? kOut : kIn;
    sides[direction].sizes[counts[direction].packets++] = sample.wire_bytes;
    counts[direction].tcp_flags.Add(sample.tcp_flags());
    for (size_t side : {direction, kAll}) {
      SideCounts& count = counts[side];
      // Modulo 2^64, so that there is no branch for a first packet either: its gap is overwritten.
      sides[side].gaps_ns[count.gaps] = static_cast<int64_t>(
          static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(count.previous_ns));
      count.gaps += count.previous_ns != WindowInput::kNever;
      count.previous_ns = time_ns;
    }
  }
  counts[kAll].packets = window.samples.size();
  return counts;
}

// Both are sorted, and so is `merged`.
void Merge(std::span<const int64_t> a, std::span<const int64_t> b, int64_t* merged) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const bool second = b[j] < a[i];
    *merged++ = second ? b[j] : a[i];
    i += !second;
    j += second;
  }
  merged = std::copy(a.begin() + static_cast<std::ptrdiff_t>(i), a.end(), merged);
  std::copy(b.begin() + static_cast<std::ptrdiff_t>(j), b.end(), merged);
}

// Mean, std, min, quartiles and max of sorted values.
void WriteDistribution(std::span<const int64_t> sorted, double unit, FeatureWriter* out) {
  const Moments moments = MomentsOf(sorted);
  out->Add(moments.Mean() / unit);
  out->Add(moments.SampleStd(sorted) / unit);
  for (size_t quarters = 0; quarters <= 4; ++quarters) {
    out->Add(QuantileOfSorted(sorted, quarters) / unit);
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

// Below 64 bytes, then up to twice as much each, then the rest.
void WriteSizeBins(std::span<const int64_t> sorted, FeatureWriter* out) {
  auto from = sorted.begin();
  int64_t limit = 64;
  for (size_t bin = 0; bin + 1 < kSizeBins; ++bin, limit *= 2) {
    const auto to = std::lower_bound(from, sorted.end(), limit);
    out->Count(static_cast<size_t>(to - from));
    from = to;
  }
  out->Count(static_cast<size_t>(sorted.end() - from));
}

// Number of bursts, and packets of the longest.
struct Bursts {
  size_t count = 0;
  size_t packets_max = 0;
};

// `gaps_ns` in the order of time: those of all packets, or of all but the first.
Bursts CountBursts(size_t packets, std::span<const int64_t> gaps_ns) {
  Bursts bursts;
  size_t in_burst = packets - gaps_ns.size();  // a first packet begins one
  bursts.count = bursts.packets_max = in_burst;
  for (int64_t gap_ns : gaps_ns) {
    if (gap_ns >= kBurstGapNs) {
      ++bursts.count;
      in_burst = 0;
    }
    bursts.packets_max = std::max(bursts.packets_max, ++in_burst);
  }
  return bursts;
}

int64_t SumOf(std::span<const int64_t> values) {
  int64_t sum = 0;
  for (int64_t v : values) sum += v;
  return sum;
}

// `sizes` are sorted. Leaves how often each size occurs in the spare memory.
void WriteSide(const WindowInput& window, std::span<const int64_t> sizes,
               std::span<int64_t> gaps_ns, FlagCounter tcp_flags, FeatureWriter* out) {
  const auto bytes = static_cast<double>(SumOf(sizes));
  const Bursts bursts = CountBursts(sizes.size(), gaps_ns);
  std::vector<int64_t>* spare = &window.scratch->spare;
  SortValues(gaps_ns, spare);
  out->Count(sizes.size());
  out->Add(bytes);
  out->Add(bytes / (static_cast<double>(window.length_ns) / kNsPerSecond));
  WriteDistribution(sizes, 1, out);
  WriteDistribution(gaps_ns, kNsPerSecond, out);
  out->Count(CountRuns(sizes, spare));
  WriteSizeBins(sizes, out);
  out->Count(bursts.count);
  out->Count(bursts.packets_max);
  for (size_t flag = 0; flag < kTcpFlags; ++flag) out->Count(tcp_flags.Count(flag));
}

// One quantity of a window against the same of the windows before it.
template <typename T>
void WriteRatio(T PastWindow::*quantity, const WindowInput& window, FeatureWriter* out) {
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
  FeatureWriter out(values);
  AllCounts counts = SplitSides(window);
  auto& sides = window.scratch->sides;
  const auto sizes_of = [&](size_t side) {
    return std::span(sides[side].sizes).first(counts[side].packets);
  };
  const auto write = [&](size_t side, const FlagCounter& tcp_flags) {
    WriteSide(window, sizes_of(side), std::span(sides[side].gaps_ns).first(counts[side].gaps),
              tcp_flags, &out);
  };
  for (size_t side : {kIn, kOut}) {
    SortValues(sizes_of(side), &window.scratch->spare);
    write(side, counts[side].tcp_flags);
  }
  Merge(sizes_of(kIn), sizes_of(kOut), sides[kAll].sizes.data());
  counts[kIn].tcp_flags.Add(&counts[kOut].tcp_flags);
  write(kAll, counts[kIn].tcp_flags);
  const double size_entropy = Entropy(window.scratch->spare);
  CountPeers(window);
  WriteProtocolShares(window, &out);
  const size_t peers = WritePeers(window, size_entropy, &out);
  *window.own = {static_cast<uint64_t>(SumOf(sizes_of(kIn))),
                 static_cast<uint64_t>(SumOf(sizes_of(kOut))),
                 static_cast<uint32_t>(counts[kIn].packets),
                 static_cast<uint32_t>(counts[kOut].packets),
                 static_cast<uint32_t>(peers),
                 window.own->number};
  WriteRatio(&PastWindow::in_packets, window, &out);
  WriteRatio(&PastWindow::out_packets, window, &out);
  WriteRatio(&PastWindow::in_bytes, window, &out);
  WriteRatio(&PastWindow::out_bytes, window, &out);
  WriteRatio(&PastWindow::peers, window, &out);
}

}  // namespace silhouette
