#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <tuple>

#include "common/schema.h"
#include "feature-svc/extractor.h"
#include "feature-svc/feature_writer.h"
#include "feature-svc/statistics.h"

namespace silhouette {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr uint8_t kSyn = 0x02, kAck = 0x10, kTcp = 6;

size_t TrafficV1Features() {
  static const size_t count = (*FindSchema("traffic.v1"))->features.size();
  return count;
}

double HomeShare(const WindowInput& window) {
  size_t home = 0;
  for (const Sample& sample : window.samples) {
    const SampleFlow& flow = window.flows[sample.flow];
    home += flow.peer_is_home && (flow.is_ip || flow.is_arp);
  }
  return static_cast<double>(home) /
         static_cast<double>(std::max<size_t>(window.samples.size(), 1));
}

Connection StartConnection(const SampleFlow& flow) {
  Connection connection{};
  std::memcpy(connection.address.data(), flow.peer_address, connection.address.size());
  connection.own_port = flow.own_port;
  connection.peer_port = flow.peer_port;
  connection.syn_in_ns = connection.syn_out_ns = Connection::kNoSyn;
  connection.first_ns = std::numeric_limits<int64_t>::max();
  return connection;
}

void AddSample(const Sample& sample, Connection* to) {
  const int64_t time_ns = sample.offset_ns();
  to->first_ns = std::min(to->first_ns, time_ns);
  to->last_ns = std::max(to->last_ns, time_ns);
  ++to->packets;
  (sample.outbound() ? to->out_bytes : to->in_bytes) += sample.wire_bytes;
  if ((sample.tcp_flags() & (kSyn | kAck)) != kSyn) return;
  int64_t& syn_ns = sample.outbound() ? to->syn_out_ns : to->syn_in_ns;
  syn_ns = std::min(syn_ns, time_ns);
}

void AddPart(const Connection& part, Connection* to) {
  to->first_ns = std::min(to->first_ns, part.first_ns);
  to->last_ns = std::max(to->last_ns, part.last_ns);
  to->packets += part.packets;
  to->in_bytes += part.in_bytes;
  to->out_bytes += part.out_bytes;
  to->syn_in_ns = std::min(to->syn_in_ns, part.syn_in_ns);
  to->syn_out_ns = std::min(to->syn_out_ns, part.syn_out_ns);
}

// The connections of the window, sorted by address and ports, in the scratch memory.
std::span<const Connection> CollectConnections(const WindowInput& window) {
  constexpr int kIndexBits = 31;  // no window has 2^31 samples
  ExtractorScratch* scratch = window.scratch;
  std::vector<int64_t>& entries = scratch->values;
  entries.clear();
  for (size_t i = 0; i < window.samples.size(); ++i) {
    const SampleFlow& flow = window.flows[window.samples[i].flow];
    if (flow.protocol != kTcp || !flow.is_ip || !flow.ports_known) continue;
    entries.push_back(int64_t{window.samples[i].flow} << kIndexBits | static_cast<int64_t>(i));
  }
  SortValues(entries, &scratch->spare);
  std::vector<Connection>& found = scratch->connections;
  found.clear();
  int64_t last_flow = -1;
  for (int64_t entry : entries) {
    const int64_t flow = entry >> kIndexBits;
    if (flow != last_flow) {
      found.push_back(StartConnection(window.flows[static_cast<size_t>(flow)]));
      last_flow = flow;
    }
    const int64_t index = entry & ((int64_t{1} << kIndexBits) - 1);
    AddSample(window.samples[static_cast<size_t>(index)], &found.back());
  }
  // One flow may have several entries.
  const auto key = [](const Connection& c) { return std::tie(c.address, c.own_port, c.peer_port); };
  std::sort(found.begin(), found.end(),
            [&](const Connection& a, const Connection& b) { return key(a) < key(b); });
  size_t kept = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (kept > 0 && key(found[kept - 1]) == key(found[i])) {
      AddPart(found[i], &found[kept - 1]);
    } else {
      found[kept++] = found[i];
    }
  }
  found.resize(kept);
  return found;
}

// One direction's openings: those of `all` that have such a SYN.
class Opened {
 public:
  Opened(std::span<const Connection> all, int64_t Connection::*syn_ns, ExtractorScratch* scratch)
      : all_(all), syn_ns_(syn_ns), scratch_(scratch) {}

  // `port` tells those that are for the same thing.
  void Write(uint16_t Connection::*port, FeatureWriter* out) {
    out->Count(Collect([](const Connection&) { return 0; }).size());
    out->Count(MostAlike(port));
    WriteVariation(Gaps(), kNsPerSecond, out);
    WriteVariation(Collect([](const Connection& c) { return c.packets; }), 1, out);
    WriteVariation(Collect([](const Connection& c) { return c.in_bytes; }), 1, out);
    WriteVariation(Collect([](const Connection& c) { return c.out_bytes; }), 1, out);
    const auto times = Collect([](const Connection& c) { return c.last_ns - c.first_ns; });
    out->Add(MomentsOf(times).Mean() / kNsPerSecond);
  }

 private:
  template <typename Value>
  std::span<int64_t> Collect(const Value& value) {
    scratch_->values.clear();
    for (const Connection& c : all_) {
      if (c.*syn_ns_ != Connection::kNoSyn) scratch_->values.push_back(value(c));
    }
    return scratch_->values;
  }

  std::span<int64_t> Gaps() {
    const auto times = Collect([this](const Connection& c) { return c.*syn_ns_; });
    SortValues(times, &scratch_->spare);
    for (size_t i = 0; i + 1 < times.size(); ++i) times[i] = times[i + 1] - times[i];
    return times.first(times.empty() ? 0 : times.size() - 1);
  }

  // `all_` is sorted by address, so that those of one stand together.
  size_t MostAlike(uint16_t Connection::*port) {
    size_t most = 0;
    for (size_t first = 0, end = 0; first < all_.size(); first = end) {
      while (end < all_.size() && all_[end].address == all_[first].address) ++end;
      most = std::max(most, MostOfOnePort(all_.subspan(first, end - first), port));
    }
    return most;
  }

  size_t MostOfOnePort(std::span<const Connection> of_one_peer, uint16_t Connection::*port) {
    std::vector<int64_t>& ports = scratch_->values;
    ports.clear();
    for (const Connection& c : of_one_peer) {
      if (c.*syn_ns_ != Connection::kNoSyn) ports.push_back(c.*port);
    }
    SortValues(ports, &scratch_->spare);
    size_t most = 0, same = 0;
    for (size_t i = 0; i < ports.size(); ++i) {
      same = i > 0 && ports[i] == ports[i - 1] ? same + 1 : 1;
      most = std::max(most, same);
    }
    return most;
  }

  static void WriteVariation(std::span<const int64_t> values, double unit, FeatureWriter* out) {
    const Moments moments = MomentsOf(values);
    const double mean = moments.Mean();
    out->Add(mean / unit);
    out->Add(mean > 0 ? moments.SampleStd(values) / mean : 0);
  }

  const std::span<const Connection> all_;
  int64_t Connection::*const syn_ns_;
  ExtractorScratch* const scratch_;
};

}  // namespace

void ExtractTrafficV2(const WindowInput& window, double* values) {
  ExtractTrafficV1(window, values);
  FeatureWriter out(values + TrafficV1Features());
  out.Add(HomeShare(window));
  const auto connections = CollectConnections(window);
  Opened(connections, &Connection::syn_in_ns, window.scratch).Write(&Connection::own_port, &out);
  Opened(connections, &Connection::syn_out_ns, window.scratch).Write(&Connection::peer_port, &out);
}

}  // namespace silhouette
