#include "learn/simulate/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "learn/simulate/frame.h"

namespace silhouette::simulate {
namespace {

constexpr std::array kAll = {Scenario::kQuiet,    Scenario::kHostScan, Scenario::kPortScan,
                             Scenario::kSynFlood, Scenario::kUdpFlood, Scenario::kGuessing,
                             Scenario::kBeacon,   Scenario::kCamera};
constexpr int64_t kBeginNs = 1'700'006'400 * kNanosPerSecond;

ScenarioResult Simulate(const ScenarioOptions& options) {
  absl::StatusOr<ScenarioResult> result = SimulateScenario(options);
  EXPECT_TRUE(result.ok()) << NameOf(options.scenario) << ": " << result.status();
  return result.ok() ? *std::move(result) : ScenarioResult{};
}

// FNV-1a of the frames and their times: what a capture would hold.
uint64_t HashOf(const Simulation& simulation) {
  uint64_t hash = 14695981039346656037U;
  const auto mix = [&hash](uint64_t byte) { hash = (hash ^ byte) * 1099511628211U; };
  for (const SimulatedPacket& packet : simulation.packets) {
    for (const uint8_t byte : BuildHeaders(packet)) mix(byte);
    for (int shift = 0; shift < 64; shift += 8) mix(packet.time_ns >> shift & 0xff);
    mix(packet.wire_bytes);
  }
  return hash;
}

// The packets of what the truth gives `label`.
std::vector<SimulatedPacket> During(const ScenarioResult& result, std::string_view label) {
  std::vector<SimulatedPacket> found;
  for (const TruthInterval& interval : result.simulation.truth) {
    if (interval.label != label) continue;
    for (const SimulatedPacket& packet : result.simulation.packets) {
      const double time = static_cast<double>(packet.time_ns - kBeginNs) / kNanosPerSecond;
      if (time >= interval.start_s - 1e-7 && time < interval.end_s - 1e-7) found.push_back(packet);
    }
  }
  return found;
}

bool IsHome(const IpAddress& ip) {
  const auto& b = ip.bytes;
  return !ip.is_v6 && ((b[0] == 192 && b[1] == 168 && b[2] == 1) || b[0] >= 224 || b[0] == 0);
}

bool IsNobodys(const IpAddress& ip) {
  const auto& b = ip.bytes;
  return (b[0] == 192 && b[1] == 0 && b[2] == 2) || (b[0] == 198 && b[1] == 51 && b[2] == 100) ||
         (b[0] == 203 && b[1] == 0 && b[2] == 113) || (b[0] == 198 && (b[1] & 0xfe) == 18);
}

TEST(ScenarioTest, SameSeedMakesTheSameAndAnotherSeedAnother) {
  for (const Scenario scenario : kAll) {
    const ScenarioOptions options = {.scenario = scenario, .seed = 5};
    const uint64_t hash = HashOf(Simulate(options).simulation);
    EXPECT_EQ(hash, HashOf(Simulate(options).simulation)) << NameOf(scenario);
    EXPECT_NE(hash, HashOf(Simulate({.scenario = scenario, .seed = 6}).simulation));
  }
}

// Whoever changes what a seed makes changes these, and says so: models name the seeds they learned.
TEST(ScenarioTest, SeedSevenMakesWhatItHasAlwaysMade) {
  constexpr std::array<uint64_t, kAll.size()> kHashes = {
      9868467151715450540U, 1757992262111152728U, 3851106427764323587U, 6143248859560423413U,
      8468680186701968663U, 9798572439033472785U, 6164278394035031074U, 5018204188218140338U};
  for (size_t i = 0; i < kAll.size(); ++i) {
    EXPECT_EQ(HashOf(Simulate({.scenario = kAll[i], .seed = 7}).simulation), kHashes[i])
        << NameOf(kAll[i]);
  }
}

TEST(ScenarioTest, PacketsAreFramesInOrderWithinTheCaptureOfHomeOrOfNobody) {
  for (const Scenario scenario : kAll) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      const Simulation simulation = Simulate({.scenario = scenario, .seed = seed}).simulation;
      const auto end = static_cast<int64_t>(simulation.truth.back().end_s * kNanosPerSecond);
      ASSERT_LT(simulation.packets.front().time_ns, kBeginNs + kWindowNanos);
      int64_t previous = kBeginNs;
      for (const SimulatedPacket& packet : simulation.packets) {
        ASSERT_GE(packet.time_ns, previous);
        previous = packet.time_ns;
        ASSERT_GE(packet.wire_bytes, HeaderBytes(packet) + packet.padding_bytes);
        ASSERT_EQ(BuildHeaders(packet).size(), HeaderBytes(packet));
        ASSERT_LE(packet.wire_bytes, 1514u) << NameOf(scenario) << " " << seed;
        ASSERT_TRUE(IsHome(packet.source) || IsNobodys(packet.source));
        ASSERT_TRUE(IsHome(packet.destination) || IsNobodys(packet.destination));
      }
      ASSERT_LE(previous, kBeginNs + end);
    }
  }
}

TEST(ScenarioTest, TruthHasNoGapsAndAnAttackLastsFromItsFirstToItsLastPacket) {
  for (const Scenario scenario : kAll) {
    const ScenarioResult result = Simulate({.scenario = scenario, .seed = 3});
    double done = 0;
    size_t attacks = 0;
    for (const TruthInterval& interval : result.simulation.truth) {
      EXPECT_EQ(interval.start_s, done);
      EXPECT_GT(interval.end_s, interval.start_s);
      done = interval.end_s;
      attacks += interval.label == AttackLabelOf(scenario) ? 1 : 0;
    }
    EXPECT_GE(attacks, 1u) << NameOf(scenario);
  }
}

TEST(ScenarioTest, HostScanAsksManyAddressesForFewPorts) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kHostScan,
                                            .seed = seed,
                                            .role = Role::kAttacker,
                                            .device = DeviceKind::kBulb,
                                            .rate = 20,
                                            .duration_s = 20});
    std::set<IpAddress> asked;
    for (const SimulatedPacket& packet : During(result, "scan")) {
      if (packet.source == result.device) asked.insert(packet.destination);
    }
    EXPECT_GT(asked.size(), 60u) << "seed " << seed;
  }
}

TEST(ScenarioTest, PortScanAsksOneHostForManyPorts) {
  for (const Role role : {Role::kAttacker, Role::kVictim}) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
      const ScenarioResult result = Simulate({.scenario = Scenario::kPortScan,
                                              .seed = seed,
                                              .role = role,
                                              .device = DeviceKind::kBulb,
                                              .rate = 50,
                                              .duration_s = 20});
      std::map<std::pair<IpAddress, IpAddress>, std::set<uint16_t>> ports;
      for (const SimulatedPacket& packet : During(result, "scan")) {
        ports[{packet.source, packet.destination}].insert(packet.destination_port);
      }
      size_t most = 0;
      for (const auto& [ends, asked] : ports) {
        const bool concerns = (role == Role::kAttacker ? ends.first : ends.second) == result.device;
        if (concerns) most = std::max(most, asked.size());
      }
      EXPECT_GT(most, 50u) << "seed " << seed;
    }
  }
}

TEST(ScenarioTest, SynFloodHasTheRateOfSynsAskedForAndFewAcknowledgeAnAnswer) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kSynFlood,
                                            .seed = seed,
                                            .role = Role::kVictim,
                                            .device = DeviceKind::kPlug,
                                            .rate = 1000,
                                            .jitter = 0.2,
                                            .duration_s = 10});
    size_t syns = 0, completed = 0;
    for (const SimulatedPacket& packet : During(result, "flood")) {
      if (packet.destination != result.device) continue;
      syns += packet.tcp_flags == kSyn ? 1 : 0;
      completed += packet.tcp_flags == kAck ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(syns), 10'000, 200) << "seed " << seed;
    EXPECT_LT(completed, 200u);
  }
}

// Strangers have addresses of 198.18.0.0/15.
TEST(ScenarioTest, SomeDevicesHearStrangersAndMostDoNot) {
  size_t reached = 0;
  constexpr size_t kSeeds = 30;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kQuiet,
                                            .seed = seed,
                                            .device = DeviceKind::kBulb,
                                            .duration_s = 60});
    size_t probes = 0;
    for (const SimulatedPacket& packet : result.simulation.packets) {
      const auto& from = packet.source.bytes;
      probes += from[0] == 198 && (from[1] & 0xfe) == 18 && packet.destination == result.device;
    }
    reached += probes > 0;
  }
  EXPECT_GT(reached, kSeeds / 6);
  EXPECT_LT(reached, kSeeds / 2);
}

TEST(ScenarioTest, SomeDevicesArePolledByShortConnectionsWithinTheHome) {
  size_t polled = 0;
  constexpr size_t kSeeds = 30;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ScenarioResult result =
        Simulate({.scenario = Scenario::kQuiet, .seed = seed, .duration_s = 120});
    std::map<std::pair<IpAddress, uint16_t>, size_t> opened;  // by who asks what port
    for (const SimulatedPacket& packet : result.simulation.packets) {
      const bool within = packet.source.bytes[0] == 192 && packet.source.bytes[1] == 168 &&
                          packet.destination.bytes[0] == 192 && packet.destination.bytes[1] == 168;
      if (within && packet.tcp_flags == kSyn) {
        ++opened[{packet.source, packet.destination_port}];
      }
    }
    const bool often = std::any_of(opened.begin(), opened.end(),
                                   [](const auto& entry) { return entry.second >= 20; });
    polled += often ? 1 : 0;
  }
  EXPECT_GT(polled, 2u);
  EXPECT_LT(polled, kSeeds / 2);
}

TEST(ScenarioTest, SomeFloodsDoNotKeepTheirRateAndStayFloods) {
  size_t unsteady = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kSynFlood,
                                            .seed = seed,
                                            .role = Role::kVictim,
                                            .device = DeviceKind::kBulb,
                                            .rate = 600,
                                            .duration_s = 60});
    std::map<int64_t, size_t> syns;  // by stretches of 5 s
    for (const SimulatedPacket& packet : During(result, "flood")) {
      if (packet.destination == result.device && packet.tcp_flags == kSyn) {
        ++syns[packet.time_ns / (5 * kNanosPerSecond)];
      }
    }
    syns.erase(syns.begin());
    syns.erase(std::prev(syns.end()));
    size_t least = 1'000'000, most = 0;
    for (const auto& [stretch, count] : syns) {
      least = std::min(least, count);
      most = std::max(most, count);
    }
    EXPECT_GT(least, 30u) << "seed " << seed;
    unsteady += most > 3 * least ? 1 : 0;
  }
  EXPECT_GE(unsteady, 3u);
  EXPECT_LE(unsteady, 9u);
}

TEST(ScenarioTest, SomeUdpFloodsAreReflectedInFragments) {
  size_t fragments = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kUdpFlood,
                                            .seed = seed,
                                            .role = Role::kVictim,
                                            .rate = 500,
                                            .duration_s = 10});
    for (const SimulatedPacket& packet : During(result, "flood")) {
      fragments += packet.fragment_offset > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(fragments, 1000u);
}

TEST(ScenarioTest, GuessesAreConnectionsOfTheRateAskedFor) {
  for (const Role role : {Role::kAttacker, Role::kVictim}) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kGuessing,
                                            .seed = 2,
                                            .role = role,
                                            .device = DeviceKind::kBulb,
                                            .rate = 2,
                                            .jitter = 0,
                                            .duration_s = 60});
    std::map<std::pair<IpAddress, uint16_t>, size_t> syns;
    for (const SimulatedPacket& packet : During(result, "brute_force")) {
      const bool from_device = packet.source == result.device;
      if (packet.tcp_flags != kSyn || from_device != (role == Role::kAttacker)) continue;
      ++syns[{packet.source, packet.source_port}];
    }
    EXPECT_NEAR(static_cast<double>(syns.size()), 120, 6);
  }
}

TEST(ScenarioTest, BeaconCallsItsPeerOncePerPeriod) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const ScenarioResult result = Simulate({.scenario = Scenario::kBeacon,
                                            .seed = seed,
                                            .device = DeviceKind::kBulb,
                                            .period_s = 10,
                                            .jitter = 0,
                                            .duration_s = 300});
    // A peer that hears of the device in the first second of each period, and there are 30.
    std::map<IpAddress, std::set<int64_t>> periods;
    const std::vector<SimulatedPacket> packets = During(result, "c2");
    for (const SimulatedPacket& packet : packets) {
      const int64_t since = packet.time_ns - packets.front().time_ns;
      if (packet.source != result.device || since % (10 * kNanosPerSecond) > kNanosPerSecond)
        continue;
      periods[packet.destination].insert(since / (10 * kNanosPerSecond));
    }
    EXPECT_TRUE(std::any_of(periods.begin(), periods.end(),
                            [](const auto& peer) { return peer.second.size() >= 29; }))
        << "seed " << seed;
  }
}

TEST(ScenarioTest, CameraUploadsWhileThereIsMotionAndIsSilentElse) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const ScenarioResult result =
        Simulate({.scenario = Scenario::kCamera, .seed = seed, .duration_s = 300});
    const auto sent = [&result](std::string_view label) {
      uint64_t bytes = 0;
      for (const SimulatedPacket& packet : During(result, label)) {
        if (packet.source == result.device) bytes += packet.wire_bytes;
      }
      return bytes;
    };
    EXPECT_GT(sent("motion"), 100'000u) << "seed " << seed;
    EXPECT_LT(sent("idle"), 100'000u) << "seed " << seed;
  }
}

TEST(ScenarioTest, NeighboursStayLight) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const ScenarioResult result =
        Simulate({.scenario = Scenario::kCamera, .seed = seed, .duration_s = 120});
    size_t others = 0;
    for (const SimulatedPacket& packet : result.simulation.packets) {
      others += packet.source != result.device && packet.destination != result.device ? 1 : 0;
    }
    const double mean = static_cast<double>(others) / result.simulation.truth.back().end_s;
    EXPECT_LT(mean, 100) << "seed " << seed;
  }
}

TEST(ScenarioTest, RefusalsNameTheOption) {
  const auto refusal = [](const ScenarioOptions& options) {
    const absl::Status status = SimulateScenario(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    const std::string text(status.message());
    return text.substr(0, text.find(' '));
  };
  EXPECT_EQ(refusal({.scenario = Scenario::kHostScan, .rate = 0}), "--rate");
  EXPECT_EQ(refusal({.scenario = Scenario::kQuiet, .rate = 5}), "--rate");
  EXPECT_EQ(refusal({.scenario = Scenario::kGuessing, .period_s = 5}), "--period");
  EXPECT_EQ(refusal({.scenario = Scenario::kBeacon, .jitter = 0.6}), "--jitter");
  EXPECT_EQ(refusal({.scenario = Scenario::kBeacon, .role = Role::kVictim}), "--role");
  EXPECT_EQ(refusal({.scenario = Scenario::kQuiet, .before_s = -1}), "--before");
  EXPECT_EQ(refusal({.scenario = Scenario::kSynFlood, .rate = 1e5, .duration_s = 60}),
            "--duration");
  EXPECT_EQ(refusal({.scenario = Scenario::kCamera, .device = DeviceKind::kPlug}), "--device:");
}

}  // namespace
}  // namespace silhouette::simulate
