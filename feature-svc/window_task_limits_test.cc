// What the limits cost: subjects that are evicted, samples that are let go, and which windows say
// so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/test_windows.h"

namespace silhouette {
namespace {

using namespace test_windows;
using ::testing::ElementsAre;

TEST(WindowTaskLimits, TheLeastRecentSubjectsMakeRoomAndTheirWindowsArePartial) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 16; ++host) windows.Add({{host, 100, true, host}});
  windows.Add({{17, 100, true, 1}});    // seen again: host 2 is the least recent now
  windows.Add({{18, 100, true, 101}});  // one too many
  EXPECT_EQ(windows.group().evicted(), 1u);
  EXPECT_EQ(windows.group().subjects(), 16u);
  const std::vector<Given> given = windows.CloseBefore(1);
  ASSERT_EQ(given.size(), 17u);
  EXPECT_EQ(given[0].subject, "conversation:192.168.1.2-203.0.113.7/udp") << "it closed early";
  EXPECT_TRUE(given[0].partial);
  EXPECT_THAT(given[0].times, ElementsAre(2));
  for (size_t i = 1; i < given.size(); ++i) {
    const bool is_new = given[i].subject == "conversation:192.168.1.101-203.0.113.7/udp";
    EXPECT_EQ(given[i].partial, is_new) << given[i].subject << ": it may have been here before";
  }
}

TEST(WindowTaskLimits, ASubjectThatComesBackIsPartialUntilWhatWasForgottenIsBehindTheHorizon) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 17; ++host) windows.Add({{host, 100, true, host}});
  windows.Add({{kSecond, 100, true, 1}});  // host 1 was forgotten
  for (int64_t second = 2; second < 6; ++second) windows.Add({{second * kSecond, 100, true, 1}});
  std::vector<std::pair<int64_t, bool>> of_host_1;
  for (const Given& window : windows.CloseBefore(6)) {
    if (window.subject != "conversation:192.168.1.1-203.0.113.7/udp") continue;
    of_host_1.push_back({window.start_ns / kSecond, window.partial});
  }
  EXPECT_THAT(of_host_1, ElementsAre(std::pair(0, true), std::pair(1, true), std::pair(2, true),
                                     std::pair(3, true), std::pair(4, false), std::pair(5, false)));
}

TEST(WindowTaskLimits, ASubjectThatWasEvictedFarAheadOfTheOthersCostsNothing) {
  Windows windows({.subjects = 16});
  const int64_t later = int64_t{100} * 365 * 86400;
  windows.Add({{later * kSecond, 100, true, 1}});
  for (uint8_t host = 2; host <= 17; ++host) windows.Add({{host, 100, true, host}});
  ASSERT_EQ(windows.group().evicted(), 1u);
  windows.CloseBefore(1);
  EXPECT_EQ(windows.CloseBefore(later).size(), 3 * 16u);
}

TEST(WindowTaskLimits, IdleSubjectsGoBeforeAnyIsEvicted) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 16; ++host) windows.Add({{host, 100, true, host}});
  windows.CloseBefore(10);
  for (uint8_t host = 101; host <= 116; ++host) {
    windows.Add({{10 * kSecond, 100, true, host}});
  }
  EXPECT_EQ(windows.group().evicted(), 0u);
  for (const Given& window : windows.CloseBefore(11)) EXPECT_FALSE(window.partial);
}

TEST(WindowTaskLimits, AWindowWithTooManySamplesUsesTheFirstAndIsPartial) {
  Windows windows({.window_samples = 3});
  windows.Add({{1}, {4}, {2}, {3}, {5, 100, true, 21}});
  windows.Add({{kSecond, 100, true, 20}, {kSecond, 100, true, 21}});
  const std::vector<Given> given = windows.CloseBefore(2);
  ASSERT_EQ(given.size(), 4u);
  EXPECT_THAT(given[0].times, ElementsAre(1, 2, 4)) << "the first three that came";
  EXPECT_TRUE(given[0].partial);
  EXPECT_FALSE(given[1].partial) << "another subject is none the wiser";
  EXPECT_TRUE(given[2].partial) << "what it looks back to is not whole";
  EXPECT_FALSE(given[3].partial);
  EXPECT_EQ(windows.dropped(), 0u);
}

TEST(WindowTaskLimits, SamplesBeyondTheCapOfAllAreDroppedAndTheirWindowsPartial) {
  Windows windows({.samples = 40});
  for (int64_t i = 0; i < 50; ++i) {
    windows.Add({{i, 100, true, static_cast<uint8_t>(i % 2 == 0 ? 20 : 21)}});
  }
  EXPECT_EQ(windows.dropped(), 10u);
  EXPECT_EQ(windows.task().samples(), 40u);
  for (const Given& window : windows.CloseBefore(1)) EXPECT_TRUE(window.partial);
  EXPECT_EQ(windows.task().samples(), 0u);
}

TEST(WindowTaskLimits, ANewWindowMayComeWhileThereIsNoRoom) {
  Windows windows({.samples = 3});
  for (int64_t i = 0; i < 5; ++i) windows.Add({{i}});
  windows.Add({{kSecond}});
  EXPECT_EQ(windows.dropped(), 3u);
  EXPECT_THAT(windows.CloseBefore(1)[0].times, ElementsAre(0, 1, 2));
  windows.Add({{kSecond + 1}});
  const std::vector<Given> given = windows.CloseBefore(2);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_THAT(given[0].times, ElementsAre(kSecond + 1)) << "there is room again";
  EXPECT_TRUE(given[0].partial);
}

TEST(WindowTaskLimits, ASubjectWhosePacketsWereAllDroppedIsPartialWhenItComesBack) {
  Windows windows({.samples = 40});
  windows.Add(std::vector<Packet>(40, {1}));
  const Packet other{2, 100, true, 21};
  windows.Add({other});
  ASSERT_EQ(windows.dropped(), 1u);
  windows.CloseBefore(1);
  for (int64_t second : {1, 4}) windows.Add({{second * kSecond, 100, true, 21}});
  std::vector<std::pair<int64_t, bool>> of_other;
  for (const Given& window : windows.CloseBefore(5)) {
    if (window.subject != SubjectOf(other)) continue;
    of_other.push_back({window.start_ns / kSecond, window.partial});
  }
  EXPECT_THAT(of_other, ElementsAre(std::pair(1, true), std::pair(2, true), std::pair(3, true),
                                    std::pair(4, true)));
}

TEST(WindowTaskLimits, ANewSubjectHasNoPartOfWhatAnotherOneLost) {
  Windows windows({.window_samples = 1});
  windows.Add({{1}, {2}});  // one too many
  windows.CloseBefore(4);
  windows.group().RemoveIdle();
  ASSERT_EQ(windows.group().subjects(), 0u);
  windows.Add({{4 * kSecond, 100, true, 21}});
  const std::vector<Given> given = windows.CloseBefore(5);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_FALSE(given[0].partial);
}

TEST(WindowTaskLimits, AFloodOfOneSubjectLeavesRoomForTheOthers) {
  Windows windows({.window_samples = 8, .samples = 40});
  for (int64_t i = 0; i < 1000; ++i) windows.Add({{i, 100, true, 20}});
  for (int64_t i = 0; i < 5; ++i) windows.Add({{i, 100, true, 21}});
  const std::vector<Given> given = windows.CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[0].times.size(), 8u);
  EXPECT_TRUE(given[0].partial);
  EXPECT_EQ(given[1].times.size(), 5u);
  EXPECT_FALSE(given[1].partial);
  EXPECT_EQ(windows.dropped(), 0u) << "a window had taken them";
}

}  // namespace
}  // namespace silhouette
