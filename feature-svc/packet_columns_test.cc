#include "feature-svc/packet_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::HasSubstr;

v1::PacketBatch GoodBatch() {
  return BatchMaker().Make(std::vector<Packet>{{1}, {2, 200, false, 21}});
}

TEST(PacketColumns, AGoodBatchPasses) {
  EXPECT_TRUE(CheckColumns(GoodBatch()).ok());
  EXPECT_TRUE(CheckColumns(v1::PacketBatch()).ok());
}

TEST(PacketColumns, EachColumnOfAnotherLengthIsRefusedByName) {
  using Damage = std::function<void(v1::PacketBatch*)>;
  const std::vector<std::pair<std::string, Damage>> damages = {
      {"wire_bytes", [](v1::PacketBatch* b) { b->add_wire_bytes(1); }},
      {"wire_bytes", [](v1::PacketBatch* b) { b->mutable_wire_bytes()->RemoveLast(); }},
      {"wire_bytes", [](v1::PacketBatch* b) { b->add_time_ns(1); }},
      {"flow", [](v1::PacketBatch* b) { b->mutable_flow()->RemoveLast(); }},
      {"flags", [](v1::PacketBatch* b) { b->mutable_flags()->pop_back(); }},
      {"tcp_flags", [](v1::PacketBatch* b) { b->mutable_tcp_flags()->push_back(0); }},
      {"flows.home_address",
       [](v1::PacketBatch* b) { b->mutable_flows()->mutable_home_address()->pop_back(); }},
      {"flows.remote_address",
       [](v1::PacketBatch* b) { b->mutable_flows()->mutable_remote_address()->push_back(0); }},
      {"flows.protocol",
       [](v1::PacketBatch* b) { b->mutable_flows()->mutable_protocol()->clear(); }},
      {"flows.scope", [](v1::PacketBatch* b) { b->mutable_flows()->mutable_scope()->clear(); }},
      {"flows.home_address", [](v1::PacketBatch* b) { b->mutable_flows()->add_ports(1); }},
  };
  for (const auto& [column, damage] : damages) {
    v1::PacketBatch batch = GoodBatch();
    damage(&batch);
    const absl::Status status = CheckColumns(batch);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << column;
    EXPECT_THAT(std::string(status.message()), HasSubstr("column " + column + " has"));
  }
}

TEST(PacketColumns, AFlowOutsideTheTableIsRefused) {
  v1::PacketBatch batch = GoodBatch();
  batch.set_flow(1, 2);
  const absl::Status status = CheckColumns(batch);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("flow 2 is outside the table of 2"));
}

TEST(PacketColumns, FlowsAreReadInPlace) {
  const Packet first{1, 100, true, 20, 17, 65535};
  const Packet second{2, 100, true, 255, 6, 1};
  v1::PacketBatch batch = BatchMaker().Make(std::vector<Packet>{first, second});
  batch.mutable_flows()->mutable_scope()->at(1) = kRemoteEndIsHome | kPortsUnknown;
  const FlowColumns flows(batch.flows());
  ASSERT_EQ(flows.size(), 2u);
  EXPECT_EQ(IpAddress::FromV6(flows.home(1)), FlowOf(second).home);
  EXPECT_EQ(IpAddress::FromV6(flows.remote(0)), FlowOf(first).remote);
  EXPECT_EQ(flows.ports(0), uint32_t{65535} << 16 | 443);
  EXPECT_EQ(flows.protocol(1), 6);
  EXPECT_TRUE(flows.home_is_home(0));
  EXPECT_FALSE(flows.home_is_home(1));
  EXPECT_TRUE(flows.remote_is_home(1));
  EXPECT_TRUE(flows.ports_unknown(1));
  EXPECT_EQ(flows.network(0), Network::kIp) << "all are where there is no such column";
  EXPECT_EQ(flows.home_mac(0), nullptr);
  EXPECT_EQ(flows.vlan(0), 0u);
}

TEST(PacketColumns, ColumnsThatMayBeMissingAreReadWhereTheyAreThere) {
  v1::PacketBatch batch = BatchMaker().Make(std::vector<Packet>{{1}, {2}});
  v1::FlowTable* table = batch.mutable_flows();
  table->set_home_mac("abcdefABCDEF");
  table->set_remote_mac("ghijklGHIJKL");
  table->add_vlan(5);
  table->add_vlan(7 << 12 | 6);
  table->set_network(std::string("\0\1", 2));
  ASSERT_EQ(CheckColumns(batch), absl::OkStatus());
  const FlowColumns flows(table[0]);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(flows.home_mac(1)), 6), "ABCDEF");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(flows.remote_mac(0)), 6), "ghijkl");
  EXPECT_EQ(flows.vlan(1), 7u << 12 | 6);
  EXPECT_EQ(flows.network(1), Network::kArp);
}

}  // namespace
}  // namespace silhouette
