#include "common/parse/fragment_table.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

using Fragment = PacketHeaders::Fragment;
constexpr int64_t kSecond = 1'000'000'000;

PacketHeaders FragmentOf(uint32_t id, Fragment fragment) {
  PacketHeaders headers;
  headers.source = *IpAddress::Parse("192.168.1.20");
  headers.destination = *IpAddress::Parse("203.0.113.7");
  headers.protocol = 17;
  headers.fragment_id = id;
  headers.fragment = fragment;
  headers.ports_unknown = fragment == Fragment::kLater;
  if (fragment == Fragment::kFirst) {
    headers.source_port = static_cast<uint16_t>(50000 + id);
    headers.destination_port = 443;
  }
  return headers;
}

// The source port that a later fragment gets, 0 for none.
uint16_t PortOf(FragmentTable* table, int64_t time_ns, PacketHeaders later) {
  table->Resolve(time_ns, &later);
  EXPECT_EQ(later.ports_unknown, later.source_port == 0);
  return later.source_port;
}

class FragmentTableTest : public ::testing::Test {
 protected:
  void AddFirst(int64_t time_ns, uint32_t id) {
    PacketHeaders first = FragmentOf(id, Fragment::kFirst);
    table_.Resolve(time_ns, &first);
  }
  FragmentTable table_;
};

TEST_F(FragmentTableTest, ALaterFragmentGetsTheFirstOnesPorts) {
  AddFirst(0, 7);
  AddFirst(1, 8);
  EXPECT_EQ(PortOf(&table_, kSecond, FragmentOf(7, Fragment::kLater)), 50007);
  EXPECT_EQ(PortOf(&table_, kSecond, FragmentOf(8, Fragment::kLater)), 50008);
}

TEST_F(FragmentTableTest, WithoutItsFirstThePortsStayUnknown) {
  AddFirst(0, 7);
  EXPECT_EQ(PortOf(&table_, 1, FragmentOf(9, Fragment::kLater)), 0);
}

TEST_F(FragmentTableTest, AnotherHostsProtocolsOrVlansDatagramIsAnother) {
  AddFirst(0, 7);
  PacketHeaders later = FragmentOf(7, Fragment::kLater);
  PacketHeaders host = later, protocol = later, vlan = later;
  host.source = *IpAddress::Parse("192.168.1.21");
  protocol.protocol = 6;
  vlan.vlan = 5;
  for (const PacketHeaders& other : {host, protocol, vlan}) {
    EXPECT_EQ(PortOf(&table_, 1, other), 0);
  }
}

TEST_F(FragmentTableTest, RemembersForFiveSecondsOfPacketTime) {
  AddFirst(0, 7);
  EXPECT_EQ(PortOf(&table_, 5 * kSecond, FragmentOf(7, Fragment::kLater)), 50007);
  EXPECT_EQ(PortOf(&table_, 5 * kSecond + 1, FragmentOf(7, Fragment::kLater)), 0);
}

TEST_F(FragmentTableTest, ANewFirstOfTheSameNumberTakesOver) {
  AddFirst(0, 7);
  PacketHeaders second = FragmentOf(7, Fragment::kFirst);
  second.source_port = 1234;
  table_.Resolve(9 * kSecond, &second);
  EXPECT_EQ(PortOf(&table_, 10 * kSecond, FragmentOf(7, Fragment::kLater)), 1234);
}

TEST_F(FragmentTableTest, IsBoundedAndCountsWhatThatCost) {
  const auto many = static_cast<uint32_t>(FragmentTable::kMaxDatagrams);
  for (uint32_t id = 0; id < many + 10; ++id) AddFirst(id, id);
  EXPECT_EQ(table_.evicted(), 10u);
  EXPECT_EQ(PortOf(&table_, many, FragmentOf(9, Fragment::kLater)), 0);
  EXPECT_NE(PortOf(&table_, many, FragmentOf(10, Fragment::kLater)), 0);
  // Old ones make room at no cost.
  for (uint32_t id = 0; id < many; ++id) AddFirst(100 * kSecond, 100'000 + id);
  EXPECT_EQ(table_.evicted(), 10u);
}

}  // namespace
}  // namespace silhouette
