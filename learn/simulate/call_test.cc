#include "learn/simulate/call.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "learn/simulate/call_figures.h"

namespace silhouette::simulate {
namespace {

using Columns = std::array<double, kCallColumns>;

Simulation Call(const CallOptions& options) {
  absl::StatusOr<Simulation> simulation = SimulateCall(options);
  EXPECT_TRUE(simulation.ok()) << simulation.status();
  return *std::move(simulation);
}

// FNV-1a over what a capture of the call shows.
uint64_t Fingerprint(const Simulation& simulation) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](uint64_t value) { hash = (hash ^ value) * 0x100000001b3; };
  for (const SimulatedPacket& packet : simulation.packets) {
    add(static_cast<uint64_t>(packet.time_ns));
    add(packet.wire_bytes);
    add(packet.source_port);
  }
  return hash;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Stddev(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The nine columns of every window by its index, by their definition.
std::map<int64_t, Columns> ColumnsOf(const Simulation& simulation, const CallOptions& options) {
  struct Window {
    std::vector<double> sizes, gaps;
    double outbound = 0;
  };
  std::map<int64_t, Window> windows;
  for (size_t i = 0; i < simulation.packets.size(); ++i) {
    const SimulatedPacket& packet = simulation.packets[i];
    Window& window = windows[(packet.time_ns - options.start_ns) / kWindowNanos];
    window.sizes.push_back(packet.wire_bytes);
    window.outbound += packet.source_port == options.home_port ? 1 : 0;
    if (i == 0) continue;
    window.gaps.push_back(static_cast<double>(packet.time_ns - simulation.packets[i - 1].time_ns) /
                          1e9);
  }
  std::map<int64_t, Columns> columns;
  for (const auto& [index, window] : windows) {
    const auto total = static_cast<double>(window.sizes.size());
    columns[index] = {Mean(window.sizes),      Stddev(window.sizes), Median(window.sizes),
                      Mean(window.gaps),       Stddev(window.gaps),  Median(window.gaps),
                      total - window.outbound, window.outbound,      total};
  }
  return columns;
}

TEST(CallTest, SeedOneMakesTheseTenSecondsOnEveryMachine) {
  EXPECT_EQ(Fingerprint(Call({.seed = 1, .duration_s = 10})), 9783692949598192659u);
}

TEST(CallTest, SameSeedMakesTheSameCallAndAnotherSeedAnother) {
  const Simulation first = Call({.seed = 3, .duration_s = 60});
  const Simulation again = Call({.seed = 3, .duration_s = 60});
  const Simulation other = Call({.seed = 4, .duration_s = 60});
  EXPECT_EQ(first.packets, again.packets);
  EXPECT_EQ(first.truth, again.truth);
  EXPECT_NE(Fingerprint(first), Fingerprint(other));
}

TEST(CallTest, PacketsRiseInTimeOnWholeMicrosecondsWithinTheCall) {
  const CallOptions options = {.seed = 2, .duration_s = 300};
  const Simulation call = Call(options);
  int64_t previous = options.start_ns - 1;
  for (const SimulatedPacket& packet : call.packets) {
    ASSERT_GT(packet.time_ns, previous);
    ASSERT_EQ(packet.time_ns % kNanosPerMicrosecond, 0);
    previous = packet.time_ns;
  }
  EXPECT_LT(previous, options.start_ns + 300 * kNanosPerSecond);
  EXPECT_LT(call.packets.front().time_ns, options.start_ns + kWindowNanos);
}

TEST(CallTest, EveryWindowHasPacketsOfBothDirectionsAndSizesInRange) {
  const CallOptions options = {.seed = 2, .duration_s = 300};
  const Simulation call = Call(options);
  for (const SimulatedPacket& packet : call.packets) {
    ASSERT_GE(packet.wire_bytes, 60u);
    ASSERT_LE(packet.wire_bytes, 1300u);
  }
  const std::map<int64_t, Columns> windows = ColumnsOf(call, options);
  EXPECT_EQ(windows.size(), 600u);
  for (const auto& [index, columns] : windows) {
    ASSERT_GE(columns[kInboundPackets], 20) << "window " << index;
    ASSERT_GE(columns[kOutboundPackets], 12) << "window " << index;
  }
}

TEST(CallTest, TruthStartsWithAPersonAlternatesAndCoversTheCall) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Simulation call = Call({.seed = seed, .duration_s = 120});
    double end = 0;
    Presence expected = Presence::kPerson;
    for (const TruthInterval& interval : call.truth) {
      EXPECT_EQ(interval.start_s, end);
      EXPECT_EQ(interval.label, LabelOf(expected));
      EXPECT_GE(interval.end_s - interval.start_s, 10);
      EXPECT_EQ(interval.end_s * 2, std::floor(interval.end_s * 2));
      end = interval.end_s;
      expected = expected == Presence::kPerson ? Presence::kBackground : Presence::kPerson;
    }
    EXPECT_EQ(end, 120);
  }
}

TEST(CallTest, TwentyMinutesLookLikeTheRealCallByClass) {
  constexpr double kMeanTolerance = 0.05;
  constexpr double kStddevTolerance = 0.25;
  // These two are skewed and slow to change, so that their means still wander in ten minutes.
  constexpr double kWanderingMeanTolerance = 0.10;
  const CallOptions options = {.seed = 1, .duration_s = 1200};
  const Simulation call = Call(options);
  const std::map<int64_t, Columns> windows = ColumnsOf(call, options);
  for (Presence presence : {Presence::kPerson, Presence::kBackground}) {
    const CallFigures& figures = FiguresOf(presence);
    for (size_t column = 0; column < kCallColumns; ++column) {
      std::vector<double> values;
      for (const TruthInterval& interval : call.truth) {
        if (interval.label != LabelOf(presence)) continue;
        for (auto i = static_cast<int64_t>(interval.start_s * 2); i < interval.end_s * 2; ++i) {
          values.push_back(windows.at(i)[column]);
        }
      }
      ASSERT_GT(values.size(), 500u);
      const bool wanders =
          presence == Presence::kBackground && (column == kOutboundPackets || column == kIatMedian);
      EXPECT_NEAR(Mean(values) / figures.mean[column], 1,
                  wanders ? kWanderingMeanTolerance : kMeanTolerance)
          << "column " << column;
      EXPECT_NEAR(Stddev(values) / figures.stddev[column], 1, kStddevTolerance)
          << "column " << column;
    }
  }
}

TEST(CallTest, NeighbouringWindowsOfOneClassAreAlike) {
  const CallOptions options = {
      .seed = 1, .duration_s = 600, .mean_dwell_s = 600, .least_dwell_s = 600};
  const std::map<int64_t, Columns> windows = ColumnsOf(Call(options), options);
  std::vector<double> sizes;
  for (const auto& [index, columns] : windows) sizes.push_back(columns[kSizeMean]);
  const double mean = Mean(sizes);
  double products = 0, squares = 0;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    products += (sizes[i] - mean) * (sizes[i + 1] - mean);
    squares += (sizes[i] - mean) * (sizes[i] - mean);
  }
  EXPECT_NEAR(products / squares, FiguresOf(Presence::kPerson).lag1[kSizeMean], 0.15);
}

TEST(CallTest, RefusesOptionsOutOfRangeAndNamesThem) {
  const auto message = [](const CallOptions& options) {
    const absl::Status status = SimulateCall(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_NE(message({.duration_s = 0.7}).find("duration_s"), std::string::npos);
  EXPECT_NE(message({.duration_s = 0}).find("duration_s"), std::string::npos);
  EXPECT_NE(message({.duration_s = std::nan("")}).find("duration_s"), std::string::npos);
  EXPECT_NE(message({.start_ns = 1}).find("start_ns"), std::string::npos);
  EXPECT_NE(message({.home_address = "home"}).find("home"), std::string::npos);
  EXPECT_NE(message({.home_address = "fd00::20"}).find("fd00::20"), std::string::npos);
  EXPECT_NE(message({.mean_dwell_s = 5}).find("mean_dwell_s"), std::string::npos);
  EXPECT_NE(message({.least_dwell_s = 0}).find("least_dwell_s"), std::string::npos);
}

TEST(CallTest, WorksOverIpv6) {
  const Simulation call =
      Call({.duration_s = 30, .home_address = "fd00::20", .remote_address = "2001:db8::7"});
  for (const SimulatedPacket& packet : call.packets) {
    ASSERT_TRUE(packet.source.is_v6);
    ASSERT_GE(packet.wire_bytes, 62u);
  }
}

}  // namespace
}  // namespace silhouette::simulate
