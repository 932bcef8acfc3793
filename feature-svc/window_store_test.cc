#include "feature-svc/window_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a sink was given.
struct Given {
  std::string subject;
  int64_t start_ns;
  std::vector<int64_t> times;
  bool has_previous;
  int64_t previous_ns;
};

// One-second windows and a horizon of three seconds.
class WindowStoreTest : public ::testing::Test {
 protected:
  int64_t Add(int64_t time_ns, uint8_t host = 20, uint8_t protocol = 17, uint16_t port = 50000) {
    const Packet packet{time_ns, 100, true, host, protocol, port};
    return store_.Add(FlowOf(packet), {time_ns, 100, true});
  }
  std::vector<Given> CloseBefore(int64_t index) {
    std::vector<Given> given;
    store_.CloseBefore(
        index, [&](const std::string& subject, int64_t start_ns, const WindowInput& window) {
          std::vector<int64_t> times;
          for (const Sample& sample : *window.samples) times.push_back(sample.time_ns);
          given.push_back({subject, start_ns, times, window.has_previous, window.previous_ns});
        });
    return given;
  }
  std::vector<int64_t> StartsBefore(int64_t index) {
    std::vector<int64_t> seconds;
    for (const Given& window : CloseBefore(index)) seconds.push_back(window.start_ns / kSecond);
    return seconds;
  }

  WindowStore store_{Grid{0, kSecond}, 3 * kSecond};
};

TEST_F(WindowStoreTest, AddTellsTheWindowsNumber) {
  EXPECT_EQ(Add(0), 0);
  EXPECT_EQ(Add(kSecond - 1), 0);
  EXPECT_EQ(Add(kSecond), 1);
}

TEST_F(WindowStoreTest, NothingClosesBeforeItsEnd) {
  Add(5 * kSecond);
  EXPECT_THAT(CloseBefore(5), IsEmpty());
  EXPECT_THAT(StartsBefore(6), ElementsAre(5));
}

TEST_F(WindowStoreTest, AWindowIsGivenOutWhileItsSubjectHadAPacketWithinTheHorizon) {
  Add(0);
  // Window 3 looks back to [0, 3): its horizon starts at the packet. Window 4's does not.
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
}

TEST_F(WindowStoreTest, APacketJustAfterTheEdgeLastsOneWindowLonger) {
  Add(1);
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
  Add(200 * kSecond - 1);  // the last nanosecond of window 199
  EXPECT_THAT(StartsBefore(300), ElementsAre(199, 200, 201, 202));
}

TEST_F(WindowStoreTest, EmptyWindowsAreEmptyAndKnowThePreviousPacket) {
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

TEST_F(WindowStoreTest, ThePreviousPacketCountsUpToTheHorizonAndNotBeyond) {
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

TEST_F(WindowStoreTest, ThePreviousPacketIsTheSubjectsOwn) {
  Add(0, 20);
  Add(kSecond, 21);
  const std::vector<Given> given = CloseBefore(2);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_THAT(given[2].subject, ::testing::HasSubstr("192.168.1.21"));
  EXPECT_FALSE(given[2].has_previous);
}

TEST_F(WindowStoreTest, SubjectsOfAWindowAreSortedByName) {
  for (int host : {9, 100, 20, 10}) Add(0, static_cast<uint8_t>(host));
  std::vector<std::string> names;
  for (const Given& window : CloseBefore(1)) names.push_back(window.subject);
  EXPECT_THAT(names, ElementsAre("conversation:192.168.1.10-203.0.113.7/udp",
                                 "conversation:192.168.1.100-203.0.113.7/udp",
                                 "conversation:192.168.1.20-203.0.113.7/udp",
                                 "conversation:192.168.1.9-203.0.113.7/udp"));
}

TEST_F(WindowStoreTest, AConversationHoldsAllPortsOfOneProtocol) {
  Add(0, 20, 17, 50000);
  Add(1, 20, 17, 50001);
  Add(2, 20, 6, 50000);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_THAT(given[0].times, ElementsAre(2));     // …/tcp
  EXPECT_THAT(given[1].times, ElementsAre(0, 1));  // …/udp
}

TEST_F(WindowStoreTest, PacketsAreGivenInTheOrderOfTime) {
  for (int64_t time_ns : {50, 10, 30, 20, 40}) Add(time_ns);
  EXPECT_THAT(CloseBefore(1)[0].times, ElementsAre(10, 20, 30, 40, 50));
}

TEST_F(WindowStoreTest, TheLatestPacketIsThePreviousOneHoweverTheyCame) {
  Add(900 * kMilli);
  Add(100 * kMilli);
  EXPECT_EQ(CloseBefore(2)[1].previous_ns, 900 * kMilli);
}

TEST_F(WindowStoreTest, TimesBeforeTheGridsStartHaveWindowsToo) {
  EXPECT_EQ(Add(-1), -1);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[0].start_ns, -kSecond);
  EXPECT_EQ(given[1].start_ns, 0);
}

TEST_F(WindowStoreTest, ALongSilenceCostsNothing) {
  Add(0);
  const int64_t later = int64_t{100} * 365 * 86400;  // a century, window by window, would not end
  Add(later * kSecond);
  EXPECT_THAT(StartsBefore(later + 1), ElementsAre(0, 1, 2, 3, later));
}

TEST_F(WindowStoreTest, ASubjectThatComesBackStartsAnew) {
  Add(0);
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  Add(20 * kSecond);
  const std::vector<Given> given = CloseBefore(21);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowStoreTest, ASubjectKeepsItsPlaceWhileALaterWindowIsOpen) {
  Add(0);
  Add(10 * kSecond);  // beyond the horizon of all that closes first
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  const std::vector<Given> given = CloseBefore(11);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_THAT(given[0].times, ElementsAre(10 * kSecond));
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowStoreTest, ClosingInStepsOrAtOnceGivesTheSame) {
  WindowStore at_once(Grid{0, kSecond}, 3 * kSecond);
  for (int64_t second : {0, 1, 5, 6, 30}) {
    Add(second * kSecond);
    at_once.Add(FlowOf({}), {second * kSecond, 100, true});
  }
  std::vector<int64_t> in_steps;
  for (int64_t index = 0; index <= 40; ++index) {
    for (int64_t start : StartsBefore(index)) in_steps.push_back(start);
  }
  std::vector<int64_t> starts;
  at_once.CloseBefore(40, [&](const std::string&, int64_t start_ns, const WindowInput&) {
    starts.push_back(start_ns / kSecond);
  });
  EXPECT_EQ(in_steps, starts);
}

}  // namespace
}  // namespace silhouette
