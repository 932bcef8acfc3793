#include <gtest/gtest.h>

#include <vector>

#include "feature-svc/test_traffic_window.h"

namespace silhouette {
namespace {

constexpr char kServer[] = "203.0.113.7";

class TrafficV2Window : public Window {
 public:
  explicit TrafficV2Window(const std::vector<Packet>& packets = {})
      : Window("traffic.v2", packets) {}
};

SampleFlow Tcp(uint16_t own_port, uint16_t peer_port, const char* peer = kServer) {
  return Flow(peer, 6, own_port, peer_port);
}

TEST(TrafficV2, BeginsWithTrafficV1) {
  const std::vector<Packet> packets = {{0, 60, true, Tcp(40000, 443), kSyn},
                                       {kMilli, 60, false, Tcp(40000, 443), kSyn | kAck},
                                       {kSecond, 90, true}};
  const std::vector<double> narrow = Window("traffic.v1", packets).Values();
  std::vector<double> wide = TrafficV2Window(packets).Values();
  ASSERT_GT(wide.size(), narrow.size());
  wide.resize(narrow.size());
  EXPECT_EQ(wide, narrow);
}

TEST(TrafficV2, AnEmptyWindowIsAllTheSchemasEmptyValues) {
  TrafficV2Window empty;
  const std::vector<double> values = empty.Values();
  const auto& features = (*FindSchema("traffic.v2"))->features;
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], features[i].empty_value) << features[i].name;
  }
}

TEST(TrafficV2, TellsWhichShareIsWithPeersAtHome) {
  SampleFlow at_home = Tcp(40000, 80, "192.168.1.9"), frame{}, asked = Arp("192.168.1.1");
  at_home.peer_is_home = frame.peer_is_home = asked.peer_is_home = 1;
  TrafficV2Window window({{0, 60, true, at_home},
                          {1, 60, false, at_home},
                          {2, 60, true, asked},
                          {3, 60, true, frame},  // has no address
                          {4, 60, true, Tcp(40001, 443)}});
  window.Expect({{"home_share", 3.0 / 5}});
}

// Three at 100, 400 and 1000 ms; one packet of the last has an entry of its own.
TEST(TrafficV2, ConnectionsAreDescribedByTheirOpeningsPacketsAndBytes) {
  TrafficV2Window window({{100 * kMilli, 60, true, Tcp(1, 443), kSyn},
                          {120 * kMilli, 70, false, Tcp(1, 443), kSyn | kAck},
                          {400 * kMilli, 60, true, Tcp(2, 443), kSyn},
                          {1000 * kMilli, 60, true, Tcp(3, 80), kSyn},
                          {1100 * kMilli, 60, true, Tcp(3, 80), kSyn},  // again
                          {1300 * kMilli, 50, false, Tcp(3, 80), kSyn | kAck},
                          {1300 * kMilli, 50, true, Tcp(4, 443), kAck}});  // open before
  window.Expect({{"out_opened", 3},
                 {"out_opened_same", 2},
                 {"out_opened_gap_mean", 0.45},
                 {"out_opened_gap_variation", StdOf({0.3, 0.6}) / 0.45},
                 {"out_opened_packets_mean", 2},
                 {"out_opened_packets_variation", 0.5},
                 {"out_opened_received_mean", 40},
                 {"out_opened_received_variation", StdOf({70, 0, 50}) / 40},
                 {"out_opened_sent_mean", 80},
                 {"out_opened_sent_variation", StdOf({60, 60, 120}) / 80},
                 {"out_opened_time_mean", 0.32 / 3},
                 {"in_opened", 0},
                 {"in_opened_same", 0},
                 {"in_opened_gap_mean", 0},
                 {"in_opened_time_mean", 0}});
}

TEST(TrafficV2, ThoseThatAreOpenedFromOutsideAreAlikeByPeerAndHomePort) {
  TrafficV2Window window({{0, 60, false, Tcp(22, 50000), kSyn},
                          {1, 60, false, Tcp(22, 50001), kSyn},
                          {2, 60, false, Tcp(22, 50001), kSyn},
                          {3, 60, false, Tcp(80, 50001), kSyn},
                          {4, 60, false, Tcp(22, 50000, "203.0.113.8"), kSyn}});
  window.Expect({{"in_opened", 4}, {"in_opened_same", 2}, {"out_opened", 0}});
}

TEST(TrafficV2, OnlyTcpWithPortsOpensConnections) {
  TrafficV2Window window({{0, 60, true, Flow(kServer, 17, 1, 443), kSyn},
                          {1, 60, true, Flow(kServer, 6, 0, 0), kSyn},
                          {2, 60, true, Tcp(1, 443), kSyn | kAck}});
  window.Expect({{"out_opened", 0}, {"out_opened_packets_mean", 0}});
}

}  // namespace
}  // namespace silhouette
