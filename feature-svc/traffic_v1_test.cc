#include <gtest/gtest.h>

#include <cmath>

#include "common/schema.h"
#include "feature-svc/test_traffic_window.h"

namespace silhouette {
namespace {

const FeatureSchema& Schema() { return **FindSchema("traffic.v1"); }

class TrafficV1Window : public Window {
 public:
  explicit TrafficV1Window(const std::vector<Packet>& packets = {})
      : Window("traffic.v1", packets) {}
};

double EntropyOf(const std::vector<double>& counts) {
  double sum = 0, bits = 0;
  for (double c : counts) sum += c;
  for (double c : counts) bits -= c / sum * std::log2(c / sum);
  return bits;
}

// Four in and three out, after one in 100 ms before the window.
std::vector<Packet> SevenPackets() {
  const SampleFlow tcp = Flow("203.0.113.7", 6, 40000, 443);
  SampleFlow other{};
  return {
      {0, 60, false, tcp, kSyn | kAck},
      {10 * kMilli, 100, true, tcp, kAck},
      {30 * kMilli, 1500, false, tcp, kPsh | kAck},
      {530 * kMilli, 60, false, Flow("203.0.113.8", 17, 50000, 443)},
      {1000 * kMilli, 2048, true, Flow("203.0.113.7", 1, 0, 0)},
      {1020 * kMilli, 63, false, Arp("192.168.1.1")},
      {1020 * kMilli, 64, true, other},
  };
}

class TrafficV1 : public ::testing::Test {
 protected:
  TrafficV1() : window_(SevenPackets()) { window_.input.previous_in_ns = kStart - 100 * kMilli; }
  TrafficV1Window window_;
};

TEST_F(TrafficV1, HasAsManyValuesAsItsSchemaHasFeatures) {
  EXPECT_EQ(window_.Values().size(), Schema().features.size());
}

TEST_F(TrafficV1, AnEmptyWindowIsAllTheSchemasEmptyValues) {
  TrafficV1Window empty;
  empty.input.previous_in_ns = kStart - kSecond;
  const std::vector<double> values = empty.Values();
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], Schema().features[i].empty_value) << Schema().features[i].name;
  }
}

TEST_F(TrafficV1, CountsPacketsAndBytesOfEachSide) {
  window_.Expect({{"in_packets", 4},
                  {"out_packets", 3},
                  {"all_packets", 7},
                  {"in_bytes", 1683},
                  {"out_bytes", 2212},
                  {"all_bytes", 3895},
                  {"in_bytes_per_second", 841.5},
                  {"out_bytes_per_second", 1106},
                  {"all_bytes_per_second", 1947.5}});
}

TEST_F(TrafficV1, DescribesTheSizes) {
  window_.Expect({{"in_size_mean", 420.75},
                  {"in_size_std", StdOf({60, 60, 63, 1500})},
                  {"in_size_min", 60},
                  {"in_size_q1", 60},
                  {"in_size_median", 61.5},
                  {"in_size_q3", 63 + 0.25 * 1437},
                  {"in_size_max", 1500},
                  {"out_size_std", StdOf({64, 100, 2048})},
                  {"out_size_q1", 82},
                  {"out_size_median", 100},
                  {"out_size_q3", 1074},
                  {"all_size_mean", 3895.0 / 7},
                  {"all_size_q1", 61.5},
                  {"all_size_median", 64},
                  {"all_size_q3", 800},
                  {"all_size_max", 2048},
                  {"in_unique_sizes", 3},
                  {"out_unique_sizes", 3},
                  {"all_unique_sizes", 6}});
}

TEST_F(TrafficV1, DescribesTheTimesSinceThePacketBeforeOfTheSameSide) {
  window_.Expect({{"in_iat_mean", 0.28},
                  {"in_iat_std", StdOf({0.1, 0.03, 0.5, 0.49})},
                  {"in_iat_min", 0.03},
                  {"in_iat_q1", 0.0825},
                  {"in_iat_median", 0.295},
                  {"in_iat_q3", 0.4925},
                  {"in_iat_max", 0.5},
                  {"out_iat_mean", 0.505},
                  {"out_iat_min", 0.02},
                  {"out_iat_max", 0.99},
                  {"all_iat_mean", 1.12 / 7},
                  {"all_iat_min", 0},
                  {"all_iat_median", 0.02},
                  {"all_iat_max", 0.5}});
}

TEST_F(TrafficV1, SizesFallIntoBins) {
  window_.Expect({{"in_size_below_64", 3},
                  {"in_size_from_64", 0},
                  {"in_size_from_1024", 1},
                  {"in_size_from_2048", 0},
                  {"out_size_below_64", 0},
                  {"out_size_from_64", 2},
                  {"out_size_from_2048", 1}});
  TrafficV1Window edges({{0, 127, true}, {0, 128, true}, {0, 2047, true}, {0, 9000, true}});
  edges.Expect({{"all_size_from_64", 1},
                {"all_size_from_128", 1},
                {"all_size_from_256", 0},
                {"all_size_from_512", 0},
                {"all_size_from_1024", 1},
                {"all_size_from_2048", 1}});
}

TEST_F(TrafficV1, APacketThirtyMillisecondsAfterTheOneBeforeBeginsABurst) {
  window_.Expect({{"in_bursts", 4},
                  {"in_burst_packets_max", 1},
                  {"out_bursts", 2},
                  {"out_burst_packets_max", 2},
                  {"all_bursts", 3},
                  {"all_burst_packets_max", 3}});
}

TEST_F(TrafficV1, ABurstThatBeganBeforeTheWindowCountsItsRest) {
  TrafficV1Window window(
      {{5 * kMilli, 60, true}, {10 * kMilli, 60, true}, {500 * kMilli, 60, true}});
  window.Expect({{"out_bursts", 2}, {"out_burst_packets_max", 2}});  // nobody came before
  window.input.previous_out_ns = kStart - 10 * kMilli;
  window.Expect({{"out_bursts", 1},
                 {"out_burst_packets_max", 2},
                 {"all_bursts", 1},
                 {"all_burst_packets_max", 2},
                 {"in_bursts", 0},
                 {"in_burst_packets_max", 0}});
  window.input.previous_out_ns = kStart - 25 * kMilli;
  window.Expect({{"out_bursts", 2}, {"out_burst_packets_max", 2}});
}

TEST_F(TrafficV1, ThePacketBeforeOfAllIsTheLaterOfBothSides) {
  TrafficV1Window window({{0, 60, true}});
  window.input.previous_in_ns = kStart - 20 * kMilli;
  window.input.previous_out_ns = kStart - 50 * kMilli;
  window.Expect({{"out_iat_mean", 0.05}, {"all_iat_mean", 0.02}, {"in_iat_mean", 0}});
}

TEST_F(TrafficV1, CountsTcpFlagsOfEachSide) {
  window_.Expect({{"in_syn", 1}, {"in_ack", 2}, {"in_psh", 1}, {"in_fin", 0}, {"out_ack", 1}});
  window_.Expect({{"all_syn", 1}, {"all_ack", 3}, {"all_psh", 1}, {"all_rst", 0}, {"all_urg", 0}});
  const SampleFlow tcp = Flow("203.0.113.7", 6, 40000, 443);
  TrafficV1Window many(std::vector<Packet>(3000, {0, 60, true, tcp, kFin | kRst | kUrg | 0xc0}));
  many.Expect({{"out_fin", 3000}, {"out_rst", 3000}, {"out_urg", 3000}, {"out_syn", 0}});
  many.Expect({{"all_fin", 3000}, {"all_rst", 3000}, {"all_urg", 3000}, {"in_fin", 0}});
}

TEST_F(TrafficV1, TellsTheShareOfEachProtocol) {
  window_.Expect({{"tcp_share", 3.0 / 7},
                  {"udp_share", 1.0 / 7},
                  {"icmp_share", 1.0 / 7},
                  {"arp_share", 1.0 / 7},
                  {"other_share", 1.0 / 7}});
  TrafficV1Window window(
      {{0, 60, true, Flow("fe80::1", 58, 0, 0)}, {0, 60, true, Flow("fe80::1", 47, 0, 0)}});
  window.Expect({{"icmp_share", 0.5}, {"other_share", 0.5}});
}

TEST_F(TrafficV1, CountsPeersAndPorts) {
  window_.Expect({{"peers", 3},
                  {"home_ports", 2},
                  {"remote_ports", 1},
                  {"peer_entropy", EntropyOf({4, 1, 1})},
                  {"home_port_entropy", EntropyOf({3, 1})},
                  {"remote_port_entropy", 0},
                  {"size_entropy", EntropyOf({2, 1, 1, 1, 1, 1})}});
}

TEST_F(TrafficV1, PortsThatAreNotKnownAreNone) {
  TrafficV1Window window({{0, 60, true, Flow("203.0.113.7", 17, 0, 0)},
                          {1, 60, true, Flow("203.0.113.7", 6, 0, 0), kSyn}});
  window.Expect({{"peers", 1},
                 {"home_ports", 0},
                 {"remote_ports", 0},
                 {"home_port_entropy", 0},
                 {"remote_port_entropy", 0},
                 {"out_unanswered_syns", 0}});
}

TEST_F(TrafficV1, ASynIsUnansweredWhereTheOtherSideSaysNothingOnItsFlow) {
  const auto flow = [](uint16_t own_port) { return Flow("203.0.113.7", 6, own_port, 443); };
  TrafficV1Window window({{0, 60, true, flow(1), kSyn},  // no answer
                          {1, 60, true, flow(1), kSyn},  // again: one flow
                          {2, 60, true, flow(2), kSyn},  // answered
                          {3, 60, false, flow(2), kRst | kAck},
                          {4, 60, false, flow(3), kSyn},  // from the peer, no answer
                          {5, 60, false, flow(4), kSyn},  // from the peer, answered
                          {6, 60, true, flow(4), kSyn | kAck},
                          {7, 60, true, flow(5), kSyn | kAck},  // is an answer
                          {8, 60, true, flow(6), kAck},
                          {9, 60, false, Flow("203.0.113.8", 6, 1, 443), kAck},  // another peer
                          {9, 60, true, Flow("203.0.113.8", 17, 1000, 443), kSyn}});  // no TCP
  window.Expect({{"out_unanswered_syns", 1}, {"in_unanswered_syns", 1}});
}

TEST_F(TrafficV1, WithoutPastWindowsTheRatiosAreOne) {
  for (const char* name : {"in_packets", "out_packets", "in_bytes", "out_bytes", "peers"}) {
    EXPECT_EQ(window_.Get(std::string(name) + "_ratio"), 1) << name;
  }
}

TEST_F(TrafficV1, TheRatiosCompareWithTheMedianOfPastWindows) {
  std::vector<PastWindow> past(3);
  past[0] = {.in_bytes = 10, .out_bytes = 5, .in_packets = 9, .out_packets = 1, .peers = 1};
  past[1] = {.in_bytes = 900, .out_bytes = 0, .in_packets = 1, .out_packets = 0, .peers = 7};
  past[2] = {.in_bytes = 100, .out_bytes = 0, .in_packets = 3, .out_packets = 0, .peers = 2};
  window_.input.past = past;
  window_.Expect({{"in_packets_ratio", 5.0 / 4},
                  {"out_packets_ratio", 4.0 / 1},
                  {"in_bytes_ratio", 1684.0 / 101},
                  {"out_bytes_ratio", 2213.0 / 1},
                  {"peers_ratio", 4.0 / 3}});
  window_.input.past = std::span(past).first(2);
  window_.Expect({{"in_packets_ratio", 5.0 / 6}, {"peers_ratio", 4.0 / 5}});
  TrafficV1Window empty;
  empty.input.past = past;
  empty.Expect({{"in_packets_ratio", 1.0 / 4}, {"peers_ratio", 1.0 / 3}});
}

TEST_F(TrafficV1, TellsLaterWindowsWhatTheyNeed) {
  window_.own.number = 42;
  window_.Values();
  EXPECT_EQ(window_.own.in_packets, 4u);
  EXPECT_EQ(window_.own.out_packets, 3u);
  EXPECT_EQ(window_.own.in_bytes, 1683u);
  EXPECT_EQ(window_.own.out_bytes, 2212u);
  EXPECT_EQ(window_.own.peers, 3u);
  EXPECT_EQ(window_.own.number, 42u);
}

}  // namespace
}  // namespace silhouette
