#include "feature-svc/settlement.h"

#include <gtest/gtest.h>

#include <limits>

namespace silhouette {
namespace {

v1::Accounting Windowed(uint64_t packets) {
  v1::Accounting decided;
  decided.set_windowed(packets);
  return decided;
}

TEST(Settlement, NothingIsSettledBeforeAWindowBatchIs) {
  Settlement settlement;
  settlement.AddPackets(1, 100, Windowed(10 * 1));
  EXPECT_EQ(settlement.OnSettled(0).sequence, 0u);
  settlement.AddWindows(1, 100);
  EXPECT_EQ(settlement.OnSettled(0).sequence, 0u);
  EXPECT_EQ(settlement.OnSettled(1).sequence, 1u);
}

TEST(Settlement, ABatchWaitsForTheLastWindowItTouched) {
  Settlement settlement;
  settlement.AddPackets(1, 200, Windowed(10 * 1));
  settlement.AddWindows(1, 199);
  EXPECT_EQ(settlement.OnSettled(1).sequence, 0u);
  settlement.AddWindows(2, 200);
  EXPECT_EQ(settlement.OnSettled(2).sequence, 1u);
}

TEST(Settlement, BatchesSettleInTheirOrder) {
  Settlement settlement;
  settlement.AddPackets(1, 300, Windowed(10 * 1));
  settlement.AddPackets(2, 100, Windowed(10 * 2));  // older packets that came later
  settlement.AddWindows(1, 200);
  EXPECT_EQ(settlement.OnSettled(1).sequence, 0u) << "batch 2 must wait for batch 1";
  settlement.AddWindows(2, 300);
  EXPECT_EQ(settlement.OnSettled(2).sequence, 2u);
}

TEST(Settlement, ABatchThatTouchedNoWindowSettlesWithTheNext) {
  Settlement settlement;
  settlement.AddPackets(1, std::numeric_limits<int64_t>::min(), Windowed(10 * 1));
  settlement.AddPackets(2, 100, Windowed(10 * 2));
  settlement.AddWindows(1, 50);
  EXPECT_EQ(settlement.OnSettled(1).sequence, 1u);
}

TEST(Settlement, OneAckSettlesAllBeforeIt) {
  Settlement settlement;
  for (uint64_t i = 1; i <= 5; ++i) {
    settlement.AddPackets(i, static_cast<int64_t>(i) * 100, Windowed(10 * i));
    settlement.AddWindows(i, static_cast<int64_t>(i) * 100);
  }
  EXPECT_EQ(settlement.OnSettled(4).sequence, 4u);
  EXPECT_EQ(settlement.OnSettled(2).sequence, 4u) << "an older ack takes nothing back";
  EXPECT_EQ(settlement.OnSettled(5).sequence, 5u);
}

TEST(Settlement, AnAckTellsWhatBecameOfThePacketsUpToItAndNoFurther) {
  Settlement settlement;
  settlement.AddPackets(1, 100, Windowed(1));
  settlement.AddPackets(2, 200, Windowed(1001));
  settlement.AddWindows(1, 100);
  EXPECT_EQ(settlement.OnSettled(1).decided.windowed(), 1u);
  settlement.AddWindows(2, 200);
  EXPECT_EQ(settlement.OnSettled(2).decided.windowed(), 1001u);
}

TEST(Settlement, ABatchDoesNotWaitForWindowsThatWereDropped) {
  Settlement settlement;
  settlement.AddPackets(1, 1000, Windowed(10 * 1));
  settlement.AddPackets(2, 100, Windowed(10 * 2));
  settlement.AddWindows(1, 200);
  settlement.AddWindows(2, 300);
  settlement.DropWindowsBehind(300);
  EXPECT_EQ(settlement.OnSettled(1).sequence, 0u);
  settlement.AddPackets(3, 1000, Windowed(10 * 3));
  EXPECT_EQ(settlement.OnSettled(2).sequence, 2u) << "what came later waits";
}

}  // namespace
}  // namespace silhouette
