#include "learn/timeline_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/timeline.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

// Labels 0 0 0 0 1 1 1 1 0 0 0 0.
const Dataset kThreeBlocks = TakingTurns(3, 4);

TEST(TimelineFitTest, CountsStartAtOne) {
  const std::vector<size_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const v1::TimelineModel timeline = FitTimeline(kThreeBlocks, all);
  // From background: 6 stays and 1 step, plus one each; from person: 3 stays and 1 step.
  EXPECT_THAT(timeline.transition(), ElementsAre(DoubleEq(7.0 / 9), DoubleEq(2.0 / 9),
                                                 DoubleEq(2.0 / 6), DoubleEq(4.0 / 6)));
  EXPECT_THAT(timeline.prior(), ElementsAre(DoubleEq(9.0 / 14), DoubleEq(5.0 / 14)));
  EXPECT_TRUE(CheckTimelineModel(timeline, 2).ok());
}

TEST(TimelineFitTest, NeighboursAcrossAHoleAreNoTransition) {
  // The last two of block 0 and the first two of block 1 are missing.
  const v1::TimelineModel timeline = FitTimeline(kThreeBlocks, std::vector<size_t>{0, 1, 6, 7});
  EXPECT_THAT(timeline.transition(), ElementsAre(DoubleEq(2.0 / 3), DoubleEq(1.0 / 3),
                                                 DoubleEq(1.0 / 3), DoubleEq(2.0 / 3)));
}

TEST(TimelineFitTest, AHoleInTheWindowsNumbersIsNoTransition) {
  Dataset data = TakingTurns(2, 2);
  data.window = {0, 1, 7, 8};
  EXPECT_TRUE(AreNeighbours(data, 0, 1));
  EXPECT_FALSE(AreNeighbours(data, 1, 2));
  const v1::TimelineModel timeline = FitTimeline(data, std::vector<size_t>{0, 1, 2, 3});
  EXPECT_DOUBLE_EQ(timeline.transition(1), 1.0 / 3);
}

TEST(TimelineFitTest, WhatWasNeverSeenStaysPossible) {
  Dataset data = TakingTurns(2, 2);
  data.classes.push_back("unseen");
  EXPECT_TRUE(CheckTimelineModel(FitTimeline(data, std::vector<size_t>{0, 1, 2, 3}), 3).ok());
}

}  // namespace
}  // namespace silhouette
