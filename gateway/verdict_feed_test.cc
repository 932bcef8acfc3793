#include "gateway/verdict_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>
#include <thread>

#include "common/test_folder.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kAtOnce(0);
constexpr Milliseconds kPatience(30'000);  // a test that works never waits so long

class VerdictFeedTest : public ::testing::Test {
 protected:
  void Add(const v1::VerdictBatch& batch) {
    const auto added = store_->Add(batch);
    ASSERT_TRUE(added.ok()) << added.status();
    feed_.OnStored(added->position);
  }
  void AddWindows(int64_t from, int64_t to) {
    BatchOf batch("1");
    for (int64_t window = from; window < to; ++window) batch.Add(window, "a", 1);
    Add(batch);
  }
  // The windows of all that follows.
  std::vector<int64_t> ReadAll(StorePosition position, const VerdictFeed::Filter& filter = {}) {
    std::vector<int64_t> windows;
    while (true) {
      auto page = feed_.Next(position, filter, kAtOnce);
      if (!page.ok() || page->position == position) return windows;
      for (const v1::Verdict& verdict : page->verdicts) {
        windows.push_back(verdict.window_start_ns() / kWindow);
      }
      missed_ += page->missed;
      position = page->position;
    }
  }
  StorePosition Beginning() { return {feed_.Newest()->store_id, 0}; }

  std::unique_ptr<VerdictStore> store_ = *VerdictStore::Open("");
  VerdictFeed feed_{store_.get()};
  uint64_t missed_ = 0;
};

TEST_F(VerdictFeedTest, GivesWhatIsStoredFromAPlaceOnInThatOrder) {
  Add(BatchOf("1").Add(7, "a", 1).Add(3, "a", 1));
  const StorePosition middle = *feed_.Newest();
  Add(BatchOf("1").Add(1, "a", 1).Add(7, "a", 1));  // one of them again
  EXPECT_THAT(ReadAll(Beginning()), ElementsAre(7, 3, 1));
  EXPECT_THAT(ReadAll(middle), ElementsAre(1));
  EXPECT_THAT(ReadAll(*feed_.Newest()), IsEmpty());
  EXPECT_EQ(missed_, 0u);
}

TEST_F(VerdictFeedTest, GivesOnlyWhatFits) {
  Add(BatchOf("1")
          .Models({Head(), Head("motion")})
          .Add(0, "a", 1)
          .Add(1, "b", 0)
          .Add(2, "a", 1, 1));
  Add(BatchOf("2").Add(3, "a", 0));
  Add(BatchOf("1", "file:other").Add(4, "c", 1));
  EXPECT_THAT(ReadAll(Beginning(), {.origin = "file:other"}), ElementsAre(4));
  EXPECT_THAT(ReadAll(Beginning(), {.run = "2"}), ElementsAre(3));
  EXPECT_THAT(ReadAll(Beginning(), {.subjects = {"b", "c"}}), ElementsAre(1, 4));
  EXPECT_THAT(ReadAll(Beginning(), {.model = "motion"}), ElementsAre(2));
  EXPECT_THAT(ReadAll(Beginning(), {.class_name = "background"}), ElementsAre(1, 3));
}

TEST_F(VerdictFeedTest, AWatcherIsWokenByWhatIsStored) {
  const StorePosition start = *feed_.Newest();
  auto page = std::async(std::launch::async, [&] { return feed_.Next(start, {}, kPatience); });
  AddWindows(5, 6);
  const auto got = page.get();
  ASSERT_TRUE(got.ok()) << got.status();
  ASSERT_EQ(got->verdicts.size(), 1u);
}

TEST_F(VerdictFeedTest, WatchersOfAnyPaceMissNothing) {
  constexpr int64_t kWindows = 20'000;
  const auto watch = [&](uint32_t seed) {
    std::minstd_rand random(seed);
    StorePosition position = Beginning();
    std::vector<int64_t> windows;
    while (windows.size() < kWindows) {
      auto page = feed_.Next(position, {}, kPatience);
      if (!page.ok() || page->missed > 0) break;
      for (const v1::Verdict& verdict : page->verdicts) {
        windows.push_back(verdict.window_start_ns() / kWindow);
      }
      position = page->position;
      if (random() % 4 == 0) std::this_thread::sleep_for(Milliseconds(random() % (4 * seed)));
    }
    return windows;
  };
  std::vector<std::future<std::vector<int64_t>>> watchers;
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    watchers.push_back(std::async(std::launch::async, watch, seed));
  }
  for (int64_t window = 0; window < kWindows; window += 100) AddWindows(window, window + 100);
  for (auto& watcher : watchers) {
    const std::vector<int64_t> windows = watcher.get();
    ASSERT_EQ(windows.size(), static_cast<size_t>(kWindows));
    for (int64_t i = 0; i < kWindows; ++i) ASSERT_EQ(windows[static_cast<size_t>(i)], i);
  }
}

TEST_F(VerdictFeedTest, ThoseThatDoNotExistAreRefused) {
  AddWindows(0, 3);
  StorePosition position = *feed_.Newest();
  EXPECT_TRUE(absl::IsAborted(feed_.Next({position.store_id + 1, 0}, {}, kAtOnce).status()));
  ++position.number;
  EXPECT_TRUE(absl::IsOutOfRange(feed_.Next(position, {}, kAtOnce).status()));
}

TEST_F(VerdictFeedTest, StopWakesWatchers) {
  const StorePosition start = *feed_.Newest();
  auto page = std::async(std::launch::async, [&] { return feed_.Next(start, {}, kPatience); });
  feed_.Stop();
  EXPECT_TRUE(absl::IsCancelled(page.get().status()));
}

TEST(VerdictFeed, WhatWasDeletedBeforeItWasReadIsToldAsMissed) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  auto store = *VerdictStore::Open(path);
  BatchOf batch("1");
  for (int64_t window = 0; window < 10; ++window) batch.Add(window, "a", 1);
  ASSERT_TRUE(store->Add(batch).ok());
  ASSERT_TRUE(SqliteDatabase::Open(path)->Execute("DELETE FROM verdict WHERE number < 5").ok());
  VerdictFeed feed(store.get());
  const auto page = feed.Next({feed.Newest()->store_id, 0}, {}, kAtOnce);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->missed, 4u);
  EXPECT_EQ(page->verdicts.size(), 6u);
}

}  // namespace
}  // namespace silhouette
