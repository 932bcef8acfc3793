#include "capture-svc/batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/packet_bits.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"
#include "common/shed_hash.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;

constexpr uint8_t kHomeMac[] = {2, 0, 0, 0, 0, 1}, kRouterMac[] = {2, 0, 0, 0, 0, 9};

// A packet of a home host's flow, from the home end or to it.
PacketHeaders Packet(uint16_t home_port, bool outbound = true, uint8_t tcp_flags = 0) {
  PacketHeaders headers;
  headers.source = *IpAddress::Parse("192.168.1.20");
  headers.destination = *IpAddress::Parse("2001:db8::7");
  headers.source_mac = MacAddress::From(kHomeMac);
  headers.destination_mac = MacAddress::From(kRouterMac);
  headers.source_port = home_port;
  headers.destination_port = 443;
  headers.protocol = 17;
  headers.tcp_flags = tcp_flags;
  if (outbound) return headers;
  std::swap(headers.source, headers.destination);
  std::swap(headers.source_mac, headers.destination_mac);
  std::swap(headers.source_port, headers.destination_port);
  return headers;
}

class BatchBuilderTest : public ::testing::Test {
 protected:
  BatchBuilder builder_{HomeNetworks::Default()};
};

TEST_F(BatchBuilderTest, FillsEveryColumnInTheOrderOfArrival) {
  builder_.Add(20, 1400, Packet(50000, true));
  builder_.Add(10, 60, Packet(50001, false, 0x12));
  builder_.Add(30, 61, Packet(50000, false, 0xff));
  EXPECT_EQ(builder_.packets(), 3u);
  const v1::PacketBatch& batch = *builder_.Finish();
  EXPECT_THAT(batch.time_ns(), ElementsAre(20, 10, 30));
  EXPECT_THAT(batch.wire_bytes(), ElementsAre(1400, 60, 61));
  EXPECT_THAT(batch.flow(), ElementsAre(0, 1, 0));
  EXPECT_EQ(batch.flags(), std::string({kPacketOutbound, 0, 0}));
  EXPECT_EQ(batch.tcp_flags(), std::string({0, 0x12, static_cast<char>(0xff)}));
}

TEST_F(BatchBuilderTest, AFlowStandsInTheTableOnceInBothItsDirections) {
  for (int i = 0; i < 6; ++i) builder_.Add(i, 60, Packet(65535, i % 2 == 0));
  const v1::FlowTable& table = builder_.Finish()->flows();
  EXPECT_THAT(table.ports(), ElementsAre(0xffff0000u | 443));
  EXPECT_EQ(table.protocol(), std::string(1, 17));
  EXPECT_EQ(table.network(), std::string(1, 0));
  EXPECT_EQ(table.scope(), std::string(1, kHomeEndIsHome));
  EXPECT_THAT(table.vlan(), ElementsAre(0));
  EXPECT_EQ(table.home_mac(), std::string(std::begin(kHomeMac), std::end(kHomeMac)));
  EXPECT_EQ(table.remote_mac(), std::string(std::begin(kRouterMac), std::end(kRouterMac)));
  ASSERT_EQ(table.home_address().size(), 16u);
  EXPECT_EQ(table.home_address().substr(10), std::string("\xff\xff\xc0\xa8\x01\x14", 6));
  ASSERT_EQ(table.remote_address().size(), 16u);
  EXPECT_EQ(table.remote_address().substr(0, 4), std::string("\x20\x01\x0d\xb8", 4));
}

TEST_F(BatchBuilderTest, WhatTellsFlowsApart) {
  PacketHeaders first = Packet(50000), port = first, protocol = first, vlan = first, mac = first,
                unknown = first;
  port.source_port = 50001;
  protocol.protocol = 6;
  vlan.vlan = 7;
  mac.destination_mac.bytes[5] = 0x55;  // another router
  unknown.ports_unknown = true;
  for (const PacketHeaders& headers : {first, port, protocol, vlan, mac, unknown, first}) {
    builder_.Add(0, 60, headers);
  }
  const v1::PacketBatch& batch = *builder_.Finish();
  EXPECT_THAT(batch.flow(), ElementsAre(0, 1, 2, 3, 4, 5, 0));
  EXPECT_EQ(batch.flows().vlan(3), 7u);
  EXPECT_EQ(batch.flows().scope()[5], kHomeEndIsHome | kPortsUnknown);
}

TEST_F(BatchBuilderTest, ScopeSaysWhichEndsAreAtHome) {
  PacketHeaders neither = Packet(1), both = Packet(2);
  neither.source = *IpAddress::Parse("198.51.100.1");
  both.destination = *IpAddress::Parse("fd00::7");
  for (const PacketHeaders& headers : {neither, both}) builder_.Add(0, 60, headers);
  EXPECT_EQ(builder_.Finish()->flows().scope(),
            std::string({0, kHomeEndIsHome | kRemoteEndIsHome}));
}

TEST_F(BatchBuilderTest, WhoSendsToItselfHasOneFlowInOneDirection) {
  PacketHeaders same = Packet(443);
  same.destination = same.source;
  same.destination_mac = same.source_mac;
  builder_.Add(0, 60, same);
  builder_.Add(1, 60, same);
  EXPECT_THAT(builder_.Finish()->flow(), ElementsAre(0, 0));
}

TEST_F(BatchBuilderTest, HoldsAsManyFlowsAsPackets) {
  const auto most = static_cast<int>(BatchBuilder::kMaxPackets);
  for (int i = 0; i < most; ++i) builder_.Add(0, 60, Packet(static_cast<uint16_t>(i)));
  EXPECT_EQ(builder_.Finish()->flows().ports_size(), most);
  EXPECT_EQ(builder_.Finish()->flow(most - 1), static_cast<uint32_t>(most - 1));
}

// A whole frame of the flow, from the home end or to it.
test_frames::Bytes Frame(uint16_t home_port, bool outbound) {
  using namespace test_frames;
  Ipv4Fields fields;
  if (!outbound) std::swap(fields.source, fields.destination);
  return outbound ? UdpFrame(fields, home_port, 443) : UdpFrame(fields, 443, home_port);
}

TEST_F(BatchBuilderTest, TheFastPathGivesTheSameBatch) {
  BatchBuilder by_shortcut(HomeNetworks::Default());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 16; ++i) {
      const auto frame = Frame(static_cast<uint16_t>(440 + i % 5 + round), i % 3 != 0);
      const RawPacket packet{i, 100, kLinkEthernet, frame};
      PacketHeaders headers;
      ASSERT_EQ(ParsePacket(packet, {}, &headers), ParseOutcome::kOk);
      builder_.Add(packet.time_ns, packet.wire_bytes, headers);
      FastPacket fast;
      ASSERT_TRUE(ReadFastPacket(packet, &fast));
      by_shortcut.Add(packet.time_ns, packet.wire_bytes, fast, by_shortcut.Prepare(fast));
    }
    EXPECT_EQ(by_shortcut.Finish()->SerializeAsString(), builder_.Finish()->SerializeAsString());
    by_shortcut.Clear();
    builder_.Clear();
  }
}

TEST_F(BatchBuilderTest, AnonymizedNoTrueAddressIsLeftAndHomeIsStillKnown) {
  const std::string key(Anonymizer::kKeyBytes, 0x42);
  for (bool by_shortcut : {false, true}) {
    BatchBuilder builder(HomeNetworks::Default(), *Anonymizer::FromKey(key));
    const auto frame = Frame(50000, false);
    const RawPacket packet{0, 100, kLinkEthernet, frame};
    if (by_shortcut) {
      FastPacket fast;
      ASSERT_TRUE(ReadFastPacket(packet, &fast));
      builder.Add(0, 100, fast, builder.Prepare(fast));
    } else {
      PacketHeaders headers;
      ASSERT_EQ(ParsePacket(packet, {}, &headers), ParseOutcome::kOk);
      builder.Add(0, 100, headers);
    }
    const v1::PacketBatch& batch = *builder.Finish();
    auto mapped = *Anonymizer::FromKey(key);
    const auto bytes = [](const auto& address) {
      return std::string(address.bytes.begin(), address.bytes.end());
    };
    const IpAddress home = *IpAddress::Parse("192.168.1.20");
    EXPECT_EQ(batch.flows().home_address(), bytes(mapped->Map(home)));
    EXPECT_EQ(batch.SerializeAsString().find(bytes(home).substr(12)), std::string::npos);
    EXPECT_EQ(batch.SerializeAsString().find(std::string(6, 0x02)), std::string::npos);
    EXPECT_EQ(batch.flows().scope(), std::string(1, kHomeEndIsHome));
    EXPECT_EQ(batch.flags(), std::string(1, 0)) << "inbound, by the true addresses";
  }
}

TEST_F(BatchBuilderTest, ClearForgetsPacketsAndFlows) {
  builder_.Add(0, 60, Packet(1));
  builder_.Add(0, 60, Packet(2));
  builder_.Finish();
  builder_.Clear();
  EXPECT_EQ(builder_.packets(), 0u);
  builder_.Add(0, 60, Packet(2));
  const v1::PacketBatch& batch = *builder_.Finish();
  EXPECT_THAT(batch.flow(), ElementsAre(0));
  EXPECT_THAT(batch.flows().ports(), ElementsAre(2u << 16 | 443));
}

// A packet between two hosts, as the fast path sees it and as the other does.
void AddBothWays(const char* source, const char* destination, int64_t time_ns,
                 BatchBuilder* builder) {
  PacketHeaders headers = Packet(50000);
  headers.source = *IpAddress::Parse(source);
  headers.destination = *IpAddress::Parse(destination);
  builder->Add(time_ns, 60, headers);
  std::swap(headers.source, headers.destination);
  std::swap(headers.source_port, headers.destination_port);
  builder->Add(time_ns + 1, 60, headers);
}

TEST_F(BatchBuilderTest, ShedsWholeDevicesFromTheNextBatchOn) {
  const uint32_t hash = ShedHash(IpAddress::Parse("192.168.1.20")->bytes.data());
  builder_.SetShedShare(hash + 1);
  AddBothWays("192.168.1.20", "203.0.113.7", 10, &builder_);
  EXPECT_FALSE(builder_.Finish()->has_shed()) << "a batch has one share";
  builder_.Clear();
  AddBothWays("192.168.1.20", "203.0.113.7", 30, &builder_);
  AddBothWays("192.168.1.20", "203.0.113.8", 20, &builder_);
  EXPECT_EQ(builder_.packets(), 4u) << "they take room, so that a batch ends";
  EXPECT_EQ(builder_.shed_packets(), 4u);
  const v1::PacketBatch& batch = *builder_.Finish();
  EXPECT_EQ(batch.time_ns_size(), 0);
  EXPECT_EQ(batch.flows().ports_size(), 0);
  EXPECT_EQ(batch.shed().share(), hash + 1);
  EXPECT_EQ(batch.shed().from_ns(), 20);
  EXPECT_EQ(batch.shed().until_ns(), 31);
  builder_.SetShedShare(hash);
  builder_.Clear();
  AddBothWays("192.168.1.20", "203.0.113.7", 40, &builder_);
  EXPECT_EQ(builder_.Finish()->time_ns_size(), 2);
  EXPECT_FALSE(builder_.Finish()->has_shed());
}

TEST_F(BatchBuilderTest, ADeviceThatIsKeptLosesNothingToOneThatIsShed) {
  std::string low = "192.168.1.20", high = "192.168.1.21";
  const auto hash = [](const std::string& a) {
    return ShedHash(IpAddress::Parse(a)->bytes.data());
  };
  if (hash(low) > hash(high)) std::swap(low, high);
  ASSERT_LT(hash(low), hash(high));
  builder_.SetShedShare(hash(high));
  builder_.Clear();
  AddBothWays(low.c_str(), high.c_str(), 10, &builder_);
  EXPECT_EQ(builder_.shed_packets(), 0u);
  builder_.SetShedShare(hash(high) + 1);
  builder_.Clear();
  AddBothWays(low.c_str(), high.c_str(), 20, &builder_);
  EXPECT_EQ(builder_.shed_packets(), 2u);
}

}  // namespace
}  // namespace silhouette
