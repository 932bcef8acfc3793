#include "feature-svc/pane_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kNone = SubjectTable::kNone;

// Panes of one second; a packet's subject is the number of its host, and that of its remote end
// where that is at home.
class PaneLogsTest : public ::testing::Test {
 protected:
  void Start(const FeatureLimits& limits, bool with_flows = false) {
    logs_.emplace(Grid{0, kSecond}, with_flows, limits);
  }

  bool Append(const std::vector<Packet>& packets) {
    const v1::PacketBatch batch = BatchMaker().Make(packets);
    std::vector<uint32_t> home, remote;
    bool any_remote = false;
    for (const Packet& packet : packets) {
      home.push_back(packet.host);
      remote.push_back(packet.remote_is_home ? packet.remote : kNone);
      any_remote |= packet.remote_is_home;
    }
    const std::vector<SampleFlow> flows(packets.size());
    const PacketSlice slice{&batch, 0,      packets.size(), 0,     0,
                            home,   remote, any_remote,     flows, flows};
    return logs_->Append(slice, 0, packets.size(), packets.front().time_ns / kSecond, &dropped_);
  }

  std::optional<PaneLogs> logs_ = PaneLogs(Grid{0, kSecond}, false, {});
  std::vector<uint32_t> dropped_;
};

std::vector<int64_t> OffsetsOf(const SampleLog& log) {
  std::vector<int64_t> offsets;
  for (int64_t stamp : log.stamp) offsets.push_back(stamp / Sample::kTimeUnit);
  return offsets;
}

TEST_F(PaneLogsTest, BothEndsOfAPacketHaveASampleOfTheirOwn) {
  EXPECT_TRUE(Append({{5, 100, true, 20, 17, 50000, 443, 30, true}}));
  const SampleLog& log = logs_->Join(0, 1);
  EXPECT_THAT(log.subject, ElementsAre(20, 30));
  EXPECT_THAT(OffsetsOf(log), ElementsAre(5, 5));
  const Sample home{log.stamp[0], 0, 0}, remote{log.stamp[1], 0, 0};
  EXPECT_TRUE(home.outbound());
  EXPECT_FALSE(remote.outbound());
}

TEST_F(PaneLogsTest, PanesAreFoundByTheirNumber) {
  EXPECT_EQ(logs_->NextPane(0), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(logs_->LastPane(), std::numeric_limits<int64_t>::min());
  Append({{2 * kSecond}});
  Append({{7 * kSecond}});
  EXPECT_EQ(logs_->NextPane(0), 2);
  EXPECT_EQ(logs_->NextPane(2), 2);
  EXPECT_EQ(logs_->NextPane(3), 7);
  EXPECT_EQ(logs_->LastPane(), 7);
}

TEST_F(PaneLogsTest, PanesThatAreJoinedCountFromTheStartOfTheFirst) {
  Append({{3 * kSecond + 1}, {3 * kSecond + 2, 100, true, 21}});
  Append({{5 * kSecond + 4}});
  EXPECT_THAT(OffsetsOf(logs_->Join(2, 2)), ElementsAre(kSecond + 1, kSecond + 2));
  EXPECT_THAT(OffsetsOf(logs_->Join(3, 3)), ElementsAre(1, 2, 2 * kSecond + 4));
  EXPECT_THAT(OffsetsOf(logs_->Join(4, 1)), IsEmpty());
  std::vector<uint8_t> is_wanted(22);
  is_wanted[21] = 1;
  EXPECT_THAT(OffsetsOf(logs_->JoinWanted(3, 3, is_wanted)), ElementsAre(2));
}

TEST_F(PaneLogsTest, WhatIsRetiredOrForgottenIsNotCounted) {
  Append({{0}, {1, 100, true, 21}, {2}});
  Append({{kSecond}});
  EXPECT_EQ(logs_->samples(), 4u);
  std::vector<uint8_t> is_gone(22);
  is_gone[21] = 1;
  logs_->Forget(is_gone);
  EXPECT_EQ(logs_->samples(), 3u);
  EXPECT_THAT(OffsetsOf(logs_->Join(0, 1)), ElementsAre(0, 2));
  logs_->Retire(0);
  EXPECT_EQ(logs_->samples(), 1u);
  EXPECT_EQ(logs_->NextPane(0), 1);
  logs_->Retire(0);  // nothing there
  EXPECT_EQ(logs_->samples(), 1u);
}

TEST_F(PaneLogsTest, APaneAfterARetiredOneStartsEmpty) {
  Start({.samples = 1}, /*with_flows=*/true);
  Append({{0}, {1}});  // one is cut
  logs_->Retire(0);
  Append({{kSecond, 100, true, 21}});
  const SampleLog& log = logs_->Join(1, 1);
  EXPECT_THAT(log.subject, ElementsAre(21));
  EXPECT_EQ(log.flows.size(), 1u);
  EXPECT_FALSE(log.lost_some_of(20));
}

TEST_F(PaneLogsTest, WhatASubjectLostIsForgottenWithIt) {
  Start({.samples = 1});
  Append({{0}, {1}, {2, 100, true, 21}});
  std::vector<uint8_t> is_gone(22);
  is_gone[20] = 1;
  logs_->Forget(is_gone);
  EXPECT_FALSE(logs_->Join(0, 1).lost_some_of(20)) << "its number is another one's now";
  EXPECT_TRUE(logs_->Join(0, 1).lost_some_of(21));
}

TEST_F(PaneLogsTest, SubjectsThatHaveNewNumbersKeepTheirSamplesAndLosses) {
  Start({.samples = 3});
  Append({{0, 100, true, 0}, {1, 100, true, 1}, {2, 100, true, 1}});
  Append({{3, 100, true, 1}});
  logs_->Renumber(std::vector<uint32_t>{1, 0});
  const SampleLog& log = logs_->Join(0, 1);
  EXPECT_THAT(log.subject, ElementsAre(1, 0, 0));
  EXPECT_TRUE(log.lost_some_of(0));
  EXPECT_FALSE(log.lost_some_of(1));
}

TEST_F(PaneLogsTest, PacketsWithoutRoomAreDroppedWithBothTheirEnds) {
  Start({.samples = 3});
  const Packet both_home{1, 100, true, 20, 17, 50000, 443, 30, true};
  EXPECT_TRUE(Append({{0}, {0}, both_home, {2}}));
  EXPECT_THAT(dropped_, ElementsAre(2, 2)) << "there was room for one end, and later for one";
  EXPECT_EQ(logs_->samples(), 3u);
  EXPECT_TRUE(logs_->Join(0, 1).lost_some_of(20));
  EXPECT_TRUE(logs_->Join(0, 1).lost_some_of(30));
  EXPECT_FALSE(Append({{4}}));
}

TEST_F(PaneLogsTest, SamplesThatNoWindowWouldUseMakeRoom) {
  Start({.window_samples = 2, .samples = 8});
  for (int64_t i = 0; i < 20; ++i) Append({{i}});
  Append({{20, 100, true, 21}});
  EXPECT_THAT(dropped_, IsEmpty());
  const SampleLog& log = logs_->Join(0, 1);
  EXPECT_EQ(std::count(log.subject.begin(), log.subject.end(), 21u), 1);
  EXPECT_THAT(std::vector<int64_t>(log.stamp.begin(), log.stamp.begin() + 2),
              ElementsAre(Sample::Stamp(0, 0, true), Sample::Stamp(1, 0, true)));
  EXPECT_TRUE(log.lost_some_of(20));
  EXPECT_FALSE(log.lost_some_of(21));
}

TEST_F(PaneLogsTest, AFloodLeavesNoMoreFlowsThanThereAreSamples) {
  constexpr size_t kSamples = 40;
  Start({.window_samples = 8, .samples = kSamples}, /*with_flows=*/true);
  for (int64_t i = 0; i < 1000; ++i) {
    Append({{i}});
    ASSERT_LE(logs_->flow_entries(), 3 * kSamples);
  }
}

}  // namespace
}  // namespace silhouette
