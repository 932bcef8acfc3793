#include "capture-svc/batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/packet_bits.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;

FlowKey Flow(uint16_t home_port) {
  FlowKey key;
  key.home = *IpAddress::Parse("192.168.1.20");
  key.remote = *IpAddress::Parse("2001:db8::7");
  key.home_port = home_port;
  key.remote_port = 443;
  key.protocol = 17;
  key.home_is_home = true;
  return key;
}

TEST(BatchBuilder, FillsEveryColumnInTheOrderOfArrival) {
  BatchBuilder builder;
  builder.Add(20, 1400, 0, {Flow(50000), true});
  builder.Add(10, 60, 0x12, {Flow(50001), false});
  builder.Add(30, 61, 0xff, {Flow(50000), false});
  const v1::PacketBatch& batch = *builder.batch();
  EXPECT_EQ(builder.packets(), 3u);
  EXPECT_THAT(batch.time_ns(), ElementsAre(20, 10, 30));
  EXPECT_THAT(batch.wire_bytes(), ElementsAre(1400, 60, 61));
  EXPECT_THAT(batch.flow(), ElementsAre(0, 1, 0));
  EXPECT_EQ(batch.flags(), std::string({kPacketOutbound, 0, 0}));
  EXPECT_EQ(batch.tcp_flags(), std::string({0, 0x12, static_cast<char>(0xff)}));
}

TEST(BatchBuilder, AFlowStandsInTheTableOnce) {
  BatchBuilder builder;
  for (int i = 0; i < 5; ++i) builder.Add(i, 60, 0, {Flow(65535), true});
  const v1::FlowTable& table = builder.batch()->flows();
  EXPECT_THAT(table.ports(), ElementsAre(0xffff0000u | 443));
  EXPECT_EQ(table.protocol(), std::string(1, 17));
  EXPECT_EQ(table.scope(), std::string(1, kHomeEndIsHome));
  ASSERT_EQ(table.home_address().size(), 16u);
  EXPECT_EQ(table.home_address().substr(10), std::string("\xff\xff\xc0\xa8\x01\x14", 6));
  ASSERT_EQ(table.remote_address().size(), 16u);
  EXPECT_EQ(table.remote_address().substr(0, 4), std::string("\x20\x01\x0d\xb8", 4));
}

TEST(BatchBuilder, ScopeSaysWhichEndsAreAtHome) {
  BatchBuilder builder;
  FlowKey neither = Flow(1), both = Flow(2), remote = Flow(3);
  neither.home_is_home = false;
  both.remote_is_home = true;
  remote.home_is_home = false;
  remote.remote_is_home = true;
  for (const FlowKey& key : {neither, both, remote}) builder.Add(0, 60, 0, {key, true});
  EXPECT_EQ(builder.batch()->flows().scope(),
            std::string({0, kHomeEndIsHome | kRemoteEndIsHome, kRemoteEndIsHome}));
}

TEST(BatchBuilder, ClearForgetsPacketsAndFlows) {
  BatchBuilder builder;
  builder.Add(0, 60, 0, {Flow(1), true});
  builder.Clear();
  EXPECT_EQ(builder.packets(), 0u);
  builder.Add(0, 60, 0, {Flow(2), true});
  EXPECT_THAT(builder.batch()->flow(), ElementsAre(0));
  EXPECT_THAT(builder.batch()->flows().ports(), ElementsAre(2u << 16 | 443));
}

}  // namespace
}  // namespace silhouette
