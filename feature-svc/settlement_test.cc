#include "feature-svc/settlement.h"

#include <gtest/gtest.h>

#include <limits>

namespace silhouette {
namespace {

TEST(Settlement, NothingIsSettledBeforeAWindowBatchIs) {
  Settlement settlement;
  settlement.AddPackets(1, 100);
  EXPECT_EQ(settlement.OnSettled(0), 0u);
  settlement.AddWindows(1, 100);
  EXPECT_EQ(settlement.OnSettled(0), 0u);
  EXPECT_EQ(settlement.OnSettled(1), 1u);
}

TEST(Settlement, ABatchWaitsForTheLastWindowItTouched) {
  Settlement settlement;
  settlement.AddPackets(1, 200);
  settlement.AddWindows(1, 199);
  EXPECT_EQ(settlement.OnSettled(1), 0u);
  settlement.AddWindows(2, 200);
  EXPECT_EQ(settlement.OnSettled(2), 1u);
}

TEST(Settlement, BatchesSettleInTheirOrder) {
  Settlement settlement;
  settlement.AddPackets(1, 300);
  settlement.AddPackets(2, 100);  // older packets that came later
  settlement.AddWindows(1, 200);
  EXPECT_EQ(settlement.OnSettled(1), 0u) << "batch 2 must wait for batch 1";
  settlement.AddWindows(2, 300);
  EXPECT_EQ(settlement.OnSettled(2), 2u);
}

TEST(Settlement, ABatchThatTouchedNoWindowSettlesWithTheNext) {
  Settlement settlement;
  settlement.AddPackets(1, std::numeric_limits<int64_t>::min());
  settlement.AddPackets(2, 100);
  settlement.AddWindows(1, 50);
  EXPECT_EQ(settlement.OnSettled(1), 1u);
}

TEST(Settlement, OneAckSettlesAllBeforeIt) {
  Settlement settlement;
  for (uint64_t i = 1; i <= 5; ++i) {
    settlement.AddPackets(i, static_cast<int64_t>(i) * 100);
    settlement.AddWindows(i, static_cast<int64_t>(i) * 100);
  }
  EXPECT_EQ(settlement.OnSettled(4), 4u);
  EXPECT_EQ(settlement.OnSettled(2), 4u) << "an older ack takes nothing back";
  EXPECT_EQ(settlement.OnSettled(5), 5u);
}

}  // namespace
}  // namespace silhouette
