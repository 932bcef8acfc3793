#include "gateway/incident_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kAtOnce(0);
constexpr Milliseconds kPatience(30'000);  // a test that works never waits so long

class IncidentFeedTest : public ::testing::Test {
 protected:
  void Add(int64_t window, const std::string& subject = "device:10.0.0.1") {
    const auto added =
        store_->Add(BatchOf("1").Models({DeviceHead()}).AddDevice(window, subject, 1));
    ASSERT_TRUE(added.ok()) << added.status();
    feed_.OnStored(*added->incidents);
  }
  std::vector<int64_t> NumbersOf(const IncidentChanges& changes) {
    std::vector<int64_t> numbers;
    for (const v1::Incident& incident : changes.incidents) numbers.push_back(incident.number());
    return numbers;
  }

  std::unique_ptr<VerdictStore> store_ = *VerdictStore::Open("");
  IncidentFeed feed_{store_.get()};
};

TEST_F(IncidentFeedTest, GivesWhatIsFoundOrChangedBehindAPlace) {
  const StorePosition beginning = *feed_.Newest();
  Add(0);
  Add(100);
  const auto first = feed_.Next(beginning, {}, kAtOnce);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(NumbersOf(*first), ElementsAre(1, 2));
  Add(1);  // of the first one
  const auto second = feed_.Next(first->position, {}, kAtOnce);
  EXPECT_THAT(NumbersOf(*second), ElementsAre(1));
  EXPECT_EQ(second->incidents[0].revision(), 1);
  EXPECT_THAT(feed_.Next(second->position, {}, kAtOnce)->incidents, IsEmpty());
  // Of each the newest state alone.
  EXPECT_THAT(NumbersOf(*feed_.Next(beginning, {}, kAtOnce)), ElementsAre(2, 1));
}

TEST_F(IncidentFeedTest, WhatDoesNotFitIsPassedBy) {
  const StorePosition beginning = *feed_.Newest();
  Add(0, "device:10.0.0.1");
  Add(0, "device:10.0.0.2");
  const auto changes = feed_.Next(beginning, {.subjects = {"device:10.0.0.1"}}, kAtOnce);
  EXPECT_THAT(NumbersOf(*changes), ElementsAre(1));
  EXPECT_EQ(changes->position, *feed_.Newest());
}

TEST_F(IncidentFeedTest, AWatcherIsWokenByWhatIsFound) {
  const StorePosition beginning = *feed_.Newest();
  auto next = std::async(std::launch::async, [&] { return feed_.Next(beginning, {}, kPatience); });
  Add(0);
  EXPECT_THAT(NumbersOf(*next.get()), ElementsAre(1));
}

TEST_F(IncidentFeedTest, CursorsOfAnotherStoreOrAheadOfItAreRefused) {
  StorePosition position = *feed_.Newest();
  position.number = 1;
  EXPECT_TRUE(absl::IsOutOfRange(feed_.Next(position, {}, kAtOnce).status()));
  ++position.store_id;
  EXPECT_TRUE(absl::IsAborted(feed_.Next(position, {}, kAtOnce).status()));
}

TEST_F(IncidentFeedTest, StopEndsThoseThatWait) {
  const StorePosition beginning = *feed_.Newest();
  auto next = std::async(std::launch::async, [&] { return feed_.Next(beginning, {}, kPatience); });
  feed_.Stop();
  EXPECT_TRUE(absl::IsCancelled(next.get().status()));
}

}  // namespace
}  // namespace silhouette
