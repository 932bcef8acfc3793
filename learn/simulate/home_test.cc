#include "learn/simulate/home.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace silhouette::simulate {
namespace {

Simulation Home(const HomeOptions& options) {
  absl::StatusOr<Simulation> simulation = SimulateHome(options);
  EXPECT_TRUE(simulation.ok()) << simulation.status();
  return *std::move(simulation);
}

using HostPair = std::pair<IpAddress, IpAddress>;

HostPair PairOf(const SimulatedPacket& packet) {
  return std::minmax(packet.source, packet.destination);
}

bool IsLocal(const IpAddress& ip) {
  const auto& b = ip.bytes;
  if (ip.is_v6) return b[0] == 0xfd || b[0] == 0xfe || b[0] == 0xff;
  return (b[0] == 192 && b[1] == 168 && b[2] == 1) || b[0] >= 224 || b[0] == 0;
}

bool IsForDocumentation(const IpAddress& ip) {
  const auto& b = ip.bytes;
  if (ip.is_v6) return b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8;
  return (b[0] == 192 && b[1] == 0 && b[2] == 2) || (b[0] == 198 && b[1] == 51 && b[2] == 100) ||
         (b[0] == 203 && b[1] == 0 && b[2] == 113);
}

TEST(HomeTest, HoldsExactlyTheCallThatIsSimulatedAlone) {
  const HomeOptions options = {.call = {.seed = 9, .duration_s = 40}};
  const Simulation home = Home(options);
  const IpAddress remote = V4(203, 0, 113, 7);
  std::vector<SimulatedPacket> call;
  std::copy_if(home.packets.begin(), home.packets.end(), std::back_inserter(call),
               [&](const SimulatedPacket& packet) {
                 return packet.source == remote || packet.destination == remote;
               });
  EXPECT_EQ(call, SimulateCall(options.call)->packets);
}

TEST(HomeTest, CallIsNotAlone) {
  const Simulation home = Home({});
  std::map<HostPair, size_t> udp_pairs;
  std::set<Protocol> protocols;
  size_t v6 = 0;
  for (const SimulatedPacket& packet : home.packets) {
    protocols.insert(packet.protocol);
    v6 += packet.source.is_v6 ? 1 : 0;
    if (packet.protocol == Protocol::kUdp) ++udp_pairs[PairOf(packet)];
  }
  EXPECT_EQ(protocols.size(), 4u);
  EXPECT_GT(v6, 50u);
  EXPECT_GT(udp_pairs.size(), 15u);
  // The call, the television's stream, the game and the aborted call.
  EXPECT_GE(std::count_if(udp_pairs.begin(), udp_pairs.end(),
                          [](const auto& pair) { return pair.second > 1000; }),
            4);
  const size_t call = udp_pairs[std::minmax(V4(192, 168, 1, 20), V4(203, 0, 113, 7))];
  EXPECT_LT(2 * call, home.packets.size());
}

TEST(HomeTest, PacketsAreInOrderAndWithinTheCapture) {
  const HomeOptions options = {.call = {.duration_s = 30}, .before_s = 5, .after_s = 2.5};
  const Simulation home = Home(options);
  const int64_t begin = options.call.start_ns - 5 * kNanosPerSecond;
  int64_t previous = begin;
  for (const SimulatedPacket& packet : home.packets) {
    ASSERT_GE(packet.time_ns, previous);
    previous = packet.time_ns;
  }
  EXPECT_LT(previous, begin + static_cast<int64_t>(37.5 * kNanosPerSecond));
}

TEST(HomeTest, TruthCountsFromTheGridEdgeBeforeTheFirstPacket) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const HomeOptions options = {.call = {.seed = seed, .duration_s = 60}, .before_s = 12.5};
    const Simulation home = Home(options);
    const int64_t first = home.packets.front().time_ns;
    const int64_t edge = first - first % kWindowNanos;
    EXPECT_EQ(edge + static_cast<int64_t>(home.truth.front().start_s * kNanosPerSecond),
              options.call.start_ns);
    EXPECT_EQ(home.truth.back().end_s - home.truth.front().start_s, 60);
  }
}

TEST(HomeTest, AddressesAreLocalOrForDocumentation) {
  for (const SimulatedPacket& packet : Home({}).packets) {
    ASSERT_TRUE(IsLocal(packet.source) || IsForDocumentation(packet.source));
    ASSERT_TRUE(IsLocal(packet.destination) || IsForDocumentation(packet.destination));
  }
}

TEST(HomeTest, TcpSequenceNumbersHaveNoGaps) {
  using Direction = std::tuple<IpAddress, uint16_t, IpAddress, uint16_t>;
  std::map<Direction, uint32_t> expected;
  size_t handshakes = 0;
  for (const SimulatedPacket& packet : Home({}).packets) {
    if (packet.protocol != Protocol::kTcp) continue;
    const Direction direction = {packet.source, packet.source_port, packet.destination,
                                 packet.destination_port};
    const bool is_syn = (packet.tcp_flags & kSyn) != 0;
    handshakes += packet.tcp_flags == kSyn ? 1 : 0;
    const auto known = expected.find(direction);
    if (known != expected.end()) {
      ASSERT_EQ(packet.tcp_sequence, known->second) << "port " << packet.source_port;
    }
    const bool counts = is_syn || (packet.tcp_flags & kFin) != 0;
    expected[direction] = packet.tcp_sequence + (packet.wire_bytes - 54) + (counts ? 1 : 0);
  }
  EXPECT_GT(handshakes, 20u);
}

TEST(HomeTest, SameSeedMakesTheSameHomeAndAnotherSeedAnother) {
  const Simulation first = Home({.call = {.seed = 3, .duration_s = 30}});
  const Simulation again = Home({.call = {.seed = 3, .duration_s = 30}});
  const Simulation other = Home({.call = {.seed = 4, .duration_s = 30}});
  EXPECT_TRUE(first.packets == again.packets);
  EXPECT_FALSE(first.packets == other.packets);
}

TEST(HomeTest, RefusesMarginsOffTheGridAndAHomeOverIpv6) {
  EXPECT_EQ(SimulateHome({.before_s = 0.3}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SimulateHome({.after_s = -1}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SimulateHome({.call = {.start_ns = 0}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SimulateHome({.call = {.home_address = "fd00::2", .remote_address = "2001:db8::7"}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace silhouette::simulate
