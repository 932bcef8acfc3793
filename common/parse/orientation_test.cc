#include "common/parse/orientation.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

PacketHeaders Headers(const char* source, uint16_t source_port, const char* destination,
                      uint16_t destination_port) {
  PacketHeaders headers;
  headers.source = *IpAddress::Parse(source);
  headers.destination = *IpAddress::Parse(destination);
  headers.source_port = source_port;
  headers.destination_port = destination_port;
  headers.protocol = 17;
  return headers;
}

// Orients a packet and its answer, which must be one flow in opposite directions.
OrientedFlow OrientBothWays(const char* a, uint16_t a_port, const char* b, uint16_t b_port) {
  const HomeNetworks home = HomeNetworks::Default();
  const OrientedFlow there = Orient(Headers(a, a_port, b, b_port), home);
  const OrientedFlow back = Orient(Headers(b, b_port, a, a_port), home);
  EXPECT_EQ(there.key, back.key);
  EXPECT_NE(there.outbound, back.outbound);
  return there;
}

TEST(Orientation, OutboundIsFromHomeToElsewhereWhateverThePorts) {
  const OrientedFlow flow = OrientBothWays("192.168.1.20", 443, "203.0.113.7", 50000);
  EXPECT_TRUE(flow.outbound);
  EXPECT_EQ(flow.key.home.ToString(), "192.168.1.20");
  EXPECT_EQ(flow.key.remote.ToString(), "203.0.113.7");
  EXPECT_EQ(flow.key.home_port, 443);
  EXPECT_EQ(flow.key.remote_port, 50000);
  EXPECT_TRUE(flow.key.home_is_home);
  EXPECT_FALSE(flow.key.remote_is_home);
}

TEST(Orientation, WithBothAtHomeTheHigherPortIsTheHomeEnd) {
  const OrientedFlow flow = OrientBothWays("192.168.1.30", 445, "192.168.1.20", 50000);
  EXPECT_FALSE(flow.outbound);
  EXPECT_EQ(flow.key.home.ToString(), "192.168.1.20");
  EXPECT_EQ(flow.key.home_port, 50000);
  EXPECT_TRUE(flow.key.home_is_home);
  EXPECT_TRUE(flow.key.remote_is_home);
}

TEST(Orientation, WithNeitherAtHomeTheHigherPortIsTheHomeEnd) {
  const OrientedFlow flow = OrientBothWays("198.51.100.1", 50000, "203.0.113.7", 443);
  EXPECT_TRUE(flow.outbound);
  EXPECT_EQ(flow.key.home.ToString(), "198.51.100.1");
  EXPECT_FALSE(flow.key.home_is_home);
  EXPECT_FALSE(flow.key.remote_is_home);
}

TEST(Orientation, OnATieTheLowerAddressIsTheHomeEnd) {
  const OrientedFlow flow = OrientBothWays("192.168.1.30", 5353, "192.168.1.20", 5353);
  EXPECT_FALSE(flow.outbound);
  EXPECT_EQ(flow.key.home.ToString(), "192.168.1.20");
  // The order is the bytes' and not the text's.
  EXPECT_EQ(OrientBothWays("192.168.1.9", 0, "192.168.1.10", 0).key.home.ToString(), "192.168.1.9");
}

TEST(Orientation, FollowsTheNetworksItIsGiven) {
  const HomeNetworks home = *HomeNetworks::Parse("203.0.113.0/24");
  const OrientedFlow flow = Orient(Headers("192.168.1.20", 50000, "203.0.113.7", 443), home);
  EXPECT_FALSE(flow.outbound);
  EXPECT_EQ(flow.key.home.ToString(), "203.0.113.7");
  EXPECT_TRUE(flow.key.home_is_home);
  EXPECT_FALSE(flow.key.remote_is_home);
}

constexpr uint8_t kLowMac[] = {2, 0, 0, 0, 0, 1}, kHighMac[] = {2, 0, 0, 0, 0, 9};
constexpr uint8_t kBroadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

PacketHeaders MacsAlone(const uint8_t* source, const uint8_t* destination) {
  PacketHeaders headers;
  headers.network = Network::kOther;
  headers.source_mac = MacAddress::From(source);
  headers.destination_mac = MacAddress::From(destination);
  return headers;
}

TEST(Orientation, OfHardwareAddressesAloneTheLowerIsTheHomeEndAndBothAreHome) {
  for (bool outbound : {true, false}) {
    const OrientedFlow flow =
        Orient(outbound ? MacsAlone(kLowMac, kHighMac) : MacsAlone(kHighMac, kLowMac), {});
    EXPECT_EQ(flow.outbound, outbound);
    EXPECT_EQ(flow.key.home_mac, MacAddress::From(kLowMac));
    EXPECT_EQ(flow.key.remote_mac, MacAddress::From(kHighMac));
    EXPECT_TRUE(flow.key.home_is_home);
    EXPECT_TRUE(flow.key.remote_is_home);
  }
}

TEST(Orientation, AGroupAddressIsNobodysHome) {
  const OrientedFlow flow = Orient(MacsAlone(kHighMac, kBroadcast), {});
  EXPECT_TRUE(flow.outbound);
  EXPECT_EQ(flow.key.home_mac, MacAddress::From(kHighMac));
  EXPECT_FALSE(flow.key.remote_is_home);
}

TEST(Orientation, AWirelessStationIsTheHomeEnd) {
  PacketHeaders to_access_point = MacsAlone(kHighMac, kLowMac);
  to_access_point.station = PacketEnds::Station::kSource;
  PacketHeaders from_access_point = MacsAlone(kLowMac, kHighMac);
  from_access_point.station = PacketEnds::Station::kDestination;
  const OrientedFlow out = Orient(to_access_point, {}), in = Orient(from_access_point, {});
  EXPECT_EQ(out.key, in.key);
  EXPECT_TRUE(out.outbound);
  EXPECT_FALSE(in.outbound);
  EXPECT_EQ(out.key.home_mac, MacAddress::From(kHighMac));
  EXPECT_FALSE(out.key.remote_is_home);
}

}  // namespace
}  // namespace silhouette
