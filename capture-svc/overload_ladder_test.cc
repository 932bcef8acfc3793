#include "capture-svc/overload_ladder.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

using Rung = OverloadLadder::Rung;

constexpr int64_t kMilli = 1'000'000;

TEST(OverloadLadder, NothingHappensWhileTheBufferIsNearlyEmpty) {
  OverloadLadder ladder;
  for (int i = 0; i < 100; ++i) ladder.Update(0.12, i * 100 * kMilli);
  EXPECT_EQ(ladder.rung(), Rung::kNone);
  EXPECT_FALSE(ladder.bigger_batches());
  EXPECT_EQ(ladder.share(), 0u);
}

TEST(OverloadLadder, TheRungsComeOneAfterTheOther) {
  OverloadLadder ladder;
  ladder.Update(0.2, 100 * kMilli);
  EXPECT_EQ(ladder.rung(), Rung::kBiggerBatches);
  ladder.Update(0.6, 200 * kMilli);
  EXPECT_EQ(ladder.rung(), Rung::kShedDevices);
  EXPECT_GT(ladder.share(), 0u);
  EXPECT_LT(ladder.share(), kShedShares / 8) << "a few devices at first";
  ladder.Update(0.9, 300 * kMilli);
  EXPECT_EQ(ladder.rung(), Rung::kDropNewest);
  EXPECT_EQ(ladder.share(), kShedShares);
}

TEST(OverloadLadder, ShedsMoreAsLongAsTheBufferFillsAndNeverAllDevicesByThat) {
  OverloadLadder ladder;
  uint32_t before = 0;
  for (int i = 1; i <= 10; ++i) {
    ladder.Update(0.6, i * 100 * kMilli);
    EXPECT_GT(ladder.share(), before);
    before = ladder.share();
  }
  for (int i = 11; i <= 100; ++i) ladder.Update(0.6, i * 100 * kMilli);
  EXPECT_LT(ladder.share(), kShedShares);
}

TEST(OverloadLadder, GoesByTimeAndNotByTheNumberOfBatches) {
  OverloadLadder ladder;
  ladder.Update(0.6, 1000 * kMilli);
  const uint32_t share = ladder.share();
  for (int i = 1; i < 99; ++i) ladder.Update(0.6, (1000 + i) * kMilli);
  EXPECT_EQ(ladder.share(), share);
}

TEST(OverloadLadder, HoldsBetweenTheMarksAndClimbsDownBelowThem) {
  OverloadLadder ladder;
  for (int i = 1; i <= 8; ++i) ladder.Update(0.6, i * 100 * kMilli);
  const uint32_t share = ladder.share();
  for (int i = 9; i <= 100; ++i) ladder.Update(0.4, i * 100 * kMilli);
  EXPECT_EQ(ladder.share(), share);
  for (int i = 101; i <= 140; ++i) ladder.Update(0.0, i * 100 * kMilli);
  EXPECT_EQ(ladder.rung(), Rung::kNone) << "within four seconds";
}

}  // namespace
}  // namespace silhouette
