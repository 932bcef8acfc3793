#include "feature-svc/window_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/test_windows.h"

namespace silhouette {
namespace {

using namespace test_windows;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WindowTaskTest : public ::testing::Test {
 protected:
  int64_t Add(int64_t time_ns, uint8_t host = 20, uint8_t protocol = 17, uint16_t port = 50000) {
    return windows_.Add({{time_ns, 100, true, host, protocol, port}});
  }
  std::vector<Given> CloseBefore(int64_t second) { return windows_.CloseBefore(second); }
  std::vector<int64_t> StartsBefore(int64_t second) { return Starts(CloseBefore(second)); }

  Windows windows_;
};

TEST_F(WindowTaskTest, AddTellsTheWindowsNumber) {
  EXPECT_EQ(Add(0), 0);
  EXPECT_EQ(Add(kSecond - 1), 0);
  EXPECT_EQ(Add(kSecond), 1);
}

TEST_F(WindowTaskTest, NothingClosesBeforeItsEnd) {
  Add(5 * kSecond);
  EXPECT_THAT(CloseBefore(5), IsEmpty());
  EXPECT_THAT(StartsBefore(6), ElementsAre(5));
}

TEST_F(WindowTaskTest, AWindowIsGivenOutWhileItsSubjectHadAPacketWithinTheHorizon) {
  Add(0);
  // Window 3 looks back to [0, 3): its horizon starts at the packet. Window 4's does not.
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
}

TEST_F(WindowTaskTest, APacketJustAfterTheEdgeLastsOneWindowLonger) {
  Add(1);
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
  Add(200 * kSecond - 1);  // the last nanosecond of window 199
  EXPECT_THAT(StartsBefore(300), ElementsAre(199, 200, 201, 202));
}

TEST_F(WindowTaskTest, EmptyWindowsAreEmptyAndKnowThePreviousPacket) {
  Add(500 * kMilli);
  const std::vector<Given> given = CloseBefore(3);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_FALSE(given[0].has_previous);
  for (size_t i : {1u, 2u}) {
    EXPECT_THAT(given[i].times, IsEmpty());
    EXPECT_TRUE(given[i].has_previous);
    EXPECT_EQ(given[i].previous_ns, 500 * kMilli);
  }
}

TEST_F(WindowTaskTest, ThePreviousPacketCountsUpToTheHorizonAndNotBeyond) {
  Add(0);
  Add(3 * kSecond + 1);
  std::vector<Given> given = CloseBefore(4);
  EXPECT_EQ(given.back().start_ns, 3 * kSecond);
  EXPECT_TRUE(given.back().has_previous);
  EXPECT_EQ(given.back().previous_ns, 0);

  Add(8 * kSecond);
  given = CloseBefore(9);
  EXPECT_EQ(given.back().start_ns, 8 * kSecond);
  EXPECT_FALSE(given.back().has_previous) << "it was " << given.back().previous_ns;
}

TEST_F(WindowTaskTest, ThePreviousPacketIsTheSubjectsOwn) {
  Add(0, 20);
  Add(kSecond, 21);
  const std::vector<Given> given = CloseBefore(2);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_THAT(given[2].subject, ::testing::HasSubstr("192.168.1.21"));
  EXPECT_FALSE(given[2].has_previous);
}

TEST_F(WindowTaskTest, SubjectsOfAWindowAreSortedByName) {
  for (int host : {9, 100, 20, 10}) Add(0, static_cast<uint8_t>(host));
  std::vector<std::string> names;
  for (const Given& window : CloseBefore(1)) names.push_back(window.subject);
  EXPECT_THAT(names, ElementsAre("conversation:192.168.1.10-203.0.113.7/udp",
                                 "conversation:192.168.1.100-203.0.113.7/udp",
                                 "conversation:192.168.1.20-203.0.113.7/udp",
                                 "conversation:192.168.1.9-203.0.113.7/udp"));
}

TEST_F(WindowTaskTest, AConversationHoldsAllPortsOfOneProtocol) {
  Add(0, 20, 17, 50000);
  Add(1, 20, 17, 50001);
  Add(2, 20, 6, 50000);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_THAT(given[0].times, ElementsAre(2));     // …/tcp
  EXPECT_THAT(given[1].times, ElementsAre(0, 1));  // …/udp
}

TEST_F(WindowTaskTest, PacketsAreGivenInTheOrderOfTime) {
  for (int64_t time_ns : {50, 10, 30, 20, 40}) Add(time_ns);
  EXPECT_THAT(CloseBefore(1)[0].times, ElementsAre(10, 20, 30, 40, 50));
}

TEST_F(WindowTaskTest, TheLatestPacketIsThePreviousOneHoweverTheyCame) {
  Add(900 * kMilli);
  Add(100 * kMilli);
  EXPECT_EQ(CloseBefore(2)[1].previous_ns, 900 * kMilli);
}

TEST_F(WindowTaskTest, TimesBeforeTheGridsStartHaveWindowsToo) {
  EXPECT_EQ(Add(-1), -1);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[0].start_ns, -kSecond);
  EXPECT_EQ(given[1].start_ns, 0);
}

TEST_F(WindowTaskTest, ALongSilenceCostsNothing) {
  Add(0);
  const int64_t later = int64_t{100} * 365 * 86400;  // a century, window by window, would not end
  Add(later * kSecond);
  EXPECT_THAT(StartsBefore(later + 1), ElementsAre(0, 1, 2, 3, later));
}

TEST_F(WindowTaskTest, ASubjectThatComesBackStartsAnew) {
  Add(0);
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  Add(20 * kSecond);
  const std::vector<Given> given = CloseBefore(21);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowTaskTest, ASubjectKeepsItsPlaceWhileALaterWindowIsOpen) {
  Add(0);
  Add(10 * kSecond);  // beyond the horizon of all that closes first
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  const std::vector<Given> given = CloseBefore(11);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_THAT(given[0].times, ElementsAre(10 * kSecond));
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowTaskTest, ClosingInStepsOrAtOnceGivesTheSame) {
  Windows at_once;
  for (int64_t second : {0, 1, 5, 6, 30}) {
    Add(second * kSecond);
    at_once.Add({{second * kSecond}});
  }
  std::vector<int64_t> in_steps;
  for (int64_t second = 0; second <= 40; ++second) {
    for (int64_t start : StartsBefore(second)) in_steps.push_back(start);
  }
  EXPECT_EQ(in_steps, Starts(at_once.CloseBefore(40)));
}

TEST_F(WindowTaskTest, PacketsOfManyWindowsMayComeAtOnce) {
  EXPECT_EQ(windows_.Add({{2 * kSecond}, {0}, {1}, {kSecond}, {2 * kSecond + 1}}), 2);
  const std::vector<Given> given = CloseBefore(3);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_THAT(given[0].times, ElementsAre(0, 1));
  EXPECT_THAT(given[1].times, ElementsAre(kSecond));
  EXPECT_THAT(given[2].times, ElementsAre(2 * kSecond, 2 * kSecond + 1));
}

TEST(WindowTask, AWindowOfSeveralHopsHoldsThePacketsOfAllOfThem) {
  Windows windows({}, 3 * kSecond);
  windows.Add({{2 * kSecond}, {3 * kSecond}, {5 * kSecond}});
  EXPECT_THAT(windows.CloseBefore(2), IsEmpty());
  const std::vector<Given> given = windows.CloseBefore(6);
  EXPECT_THAT(Starts(given), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(given[0].times, ElementsAre(2 * kSecond));
  EXPECT_THAT(given[1].times, ElementsAre(2 * kSecond, 3 * kSecond));
  EXPECT_THAT(given[2].times, ElementsAre(2 * kSecond, 3 * kSecond));
  EXPECT_FALSE(given[2].has_previous) << "its first packet is its own";
  EXPECT_THAT(given[3].times, ElementsAre(3 * kSecond, 5 * kSecond));
  EXPECT_EQ(given[3].previous_ns, 2 * kSecond);
  EXPECT_THAT(Starts(windows.CloseStartedBy(5)), ElementsAre(4, 5));
}

}  // namespace
}  // namespace silhouette
