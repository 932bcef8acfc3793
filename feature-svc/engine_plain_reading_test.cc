// The windows of presence.v1 are those of a plain reading of the rules.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;

constexpr int64_t kLateness = kSecond;
constexpr int64_t kHorizon = 5 * kSecond;
constexpr int64_t kStart = 1'700'000'000 * kSecond + 123'456'789;

// Packets of five subjects in the order of arrival, some behind others by less than the lateness;
// with pauses longer than the horizon, equal times and packets on window edges.
std::vector<Packet> RandomPackets(uint32_t seed, size_t count) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<int64_t, Packet>> by_arrival;
  int64_t time_ns = kStart;
  for (size_t i = 0; i < count; ++i) {
    const auto roll = random() % 1000;
    if (roll < 950) time_ns += static_cast<int64_t>(random() % (20 * kMilli));
    if (roll == 997) time_ns = (time_ns / (kSecond / 2) + 1) * (kSecond / 2);
    if (roll == 998) time_ns += static_cast<int64_t>(random() % (7 * kSecond));
    if (roll == 999) time_ns += 20 * kSecond;
    Packet packet;
    packet.time_ns = time_ns;
    packet.wire_bytes = static_cast<uint32_t>(random() % 1500);
    packet.outbound = random() % 3 == 0;
    packet.host = static_cast<uint8_t>(9 + random() % 5);  // names sort unlike numbers
    packet.protocol = random() % 20 == 0 ? 6 : 17;
    packet.port = static_cast<uint16_t>(50000 + random() % 3);
    by_arrival.push_back({time_ns + static_cast<int64_t>(random() % kLateness), packet});
  }
  std::stable_sort(by_arrival.begin(), by_arrival.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Packet> packets;
  for (const auto& [arrival, packet] : by_arrival) packets.push_back(packet);
  return packets;
}

// The windows that come out when `next_size` says how many packets go into each batch.
template <typename NextSize>
std::vector<Row> Windows(const std::vector<Packet>& packets, int64_t grid_start_ns,
                         const NextSize& next_size) {
  const auto engine = MakeEngine();
  BatchMaker maker(kLateness, grid_start_ns);
  std::vector<v1::WindowBatch> windows;
  const auto keep = [&](const v1::WindowBatch& batch) {
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    windows.push_back(batch);
    return absl::OkStatus();
  };
  for (size_t at = 0; at < packets.size();) {
    const size_t size = std::min<size_t>(next_size(), packets.size() - at);
    EXPECT_EQ(engine->Consume(maker.Make(std::span(packets).subspan(at, size)), keep),
              absl::OkStatus());
    at += size;
  }
  EXPECT_EQ(engine->Consume(maker.Make({}, true), keep), absl::OkStatus());
  return RowsOf(windows);
}

long double MeanOf(const std::vector<long double>& values) {
  long double sum = 0;
  for (long double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<long double>(values.size());
}

void AppendThree(std::vector<long double> values, double unit, std::vector<double>* out) {
  const long double mean = MeanOf(values);
  std::vector<long double> squares;
  for (long double v : values) squares.push_back((v - mean) * (v - mean));
  const auto n = static_cast<long double>(values.size());
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  long double median = 0;
  if (!values.empty()) {
    median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
  const long double std = values.size() < 2 ? 0 : std::sqrt(MeanOf(squares) * n / (n - 1));
  for (long double v : {mean, std, median}) out->push_back(static_cast<double>(v / unit));
}

// presence.v1 of [start, end), from all of one subject's packets in the order of time.
std::vector<double> PlainFeatures(const std::vector<Packet>& packets, int64_t start_ns,
                                  int64_t end_ns) {
  std::vector<long double> sizes, gaps;
  double inbound = 0, outbound = 0;
  for (size_t i = 0; i < packets.size(); ++i) {
    const Packet& packet = packets[i];
    if (packet.time_ns < start_ns || packet.time_ns >= end_ns) continue;
    sizes.push_back(packet.wire_bytes);
    if (i > 0 && packets[i - 1].time_ns >= start_ns - kHorizon) {
      gaps.push_back(static_cast<long double>(packet.time_ns - packets[i - 1].time_ns));
    }
    ++(packet.outbound ? outbound : inbound);
  }
  std::vector<double> values;
  AppendThree(sizes, 1, &values);
  AppendThree(gaps, 1e9, &values);
  values.insert(values.end(), {inbound, outbound, inbound + outbound});
  return values;
}

// Every window of the rules: those with a packet of the subject in [start - horizon, end), up to
// the one that holds the newest packet.
std::vector<Row> PlainWindows(const std::vector<Packet>& packets, int64_t grid_start_ns) {
  const Grid grid{grid_start_ns, kSecond / 2};
  std::map<std::string, std::vector<Packet>> by_subject;
  int64_t newest_ns = packets.front().time_ns;
  for (const Packet& packet : packets) {
    newest_ns = std::max(newest_ns, packet.time_ns);
    if (packet.protocol == 17) by_subject[SubjectOf(packet)].push_back(packet);
  }
  std::vector<Row> rows;
  for (auto& [subject, own] : by_subject) {
    std::stable_sort(own.begin(), own.end(),
                     [](const Packet& a, const Packet& b) { return a.time_ns < b.time_ns; });
    for (int64_t k = grid.IndexOf(own.front().time_ns); k <= grid.IndexOf(newest_ns); ++k) {
      const int64_t start = grid.StartOf(k), end = grid.StartOf(k + 1);
      const bool emitted = std::any_of(own.begin(), own.end(), [&](const Packet& p) {
        return p.time_ns >= start - kHorizon && p.time_ns < end;
      });
      if (emitted) rows.push_back({start, subject, PlainFeatures(own, start, end)});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.start_ns, a.subject) < std::tie(b.start_ns, b.subject);
  });
  return rows;
}

TEST(FeatureEnginePlainReading, WindowsAreThoseOfAPlainReadingOfTheRules) {
  for (int64_t grid_start_ns : {int64_t{0}, kStart}) {
    for (uint32_t seed = 1; seed <= 3; ++seed) {
      const std::vector<Packet> packets = RandomPackets(seed, 2000);
      const std::vector<Row> rows = Windows(packets, grid_start_ns, [] { return 100; });
      const std::vector<Row> plain = PlainWindows(packets, grid_start_ns);
      ASSERT_EQ(rows.size(), plain.size()) << "seed " << seed;
      for (size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(rows[i].start_ns, plain[i].start_ns) << "seed " << seed << ", row " << i;
        ASSERT_EQ(rows[i].subject, plain[i].subject) << "seed " << seed << ", row " << i;
        for (size_t f = 0; f < plain[i].values.size(); ++f) {
          ASSERT_NEAR(rows[i].values[f], plain[i].values[f], 1e-9 * (1 + plain[i].values[f]))
              << "seed " << seed << ", row " << i << ", feature " << f;
        }
      }
    }
  }
}

}  // namespace
}  // namespace silhouette
