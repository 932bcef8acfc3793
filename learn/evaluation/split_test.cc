#include "learn/evaluation/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void ExpectEachRowTestedOnceAndNeverTrainedOn(const Split& split, size_t rows) {
  std::vector<int> tested(rows, 0);
  for (const Fold& fold : split.folds) {
    EXPECT_EQ(fold.training.size() + fold.test.size(), rows);
    EXPECT_TRUE(std::is_sorted(fold.training.begin(), fold.training.end()));
    for (size_t row : fold.test) {
      ++tested[row];
      EXPECT_FALSE(std::binary_search(fold.training.begin(), fold.training.end(), row));
    }
  }
  EXPECT_EQ(std::count(tested.begin(), tested.end(), 1), static_cast<std::ptrdiff_t>(rows));
}

TEST(SplitTest, TenBlocksMakeFivePairsOfNeighbours) {
  const Dataset data = TakingTurns(10, 3);
  const auto split = NeighbouringBlocksOut(data, 2);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->name, "two neighbouring blocks left out");
  EXPECT_FALSE(split->leaks);
  ASSERT_EQ(split->folds.size(), 5U);
  EXPECT_THAT(split->folds[1].test, ElementsAre(6, 7, 8, 9, 10, 11));
  ExpectEachRowTestedOnceAndNeverTrainedOn(*split, data.rows());
}

TEST(SplitTest, TheLastFoldTakesTheBlocksLeftOver) {
  const auto split = NeighbouringBlocksOut(TakingTurns(5, 2), 2);
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 3U);
  EXPECT_THAT(split->folds[2].test, ElementsAre(8, 9));
}

TEST(SplitTest, WithSomeRowsAloneNoPartHoldsOthers) {
  const std::vector<size_t> rows = {0, 1, 4, 7, 8, 9};  // blocks 0, 2, 3 and 4
  const auto split = NeighbouringBlocksOut(TakingTurns(5, 2), rows, 2);
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 2U);
  EXPECT_THAT(split->folds[0].test, ElementsAre(0, 1, 4));
  EXPECT_THAT(split->folds[0].training, ElementsAre(7, 8, 9));
  EXPECT_THAT(split->folds[1].test, ElementsAre(7, 8, 9));
}

TEST(SplitTest, ABlockThatComesBackStaysWhole) {
  Dataset data = TakingTurns(3, 2);
  data.block = {5, 8, 5, 8, 1, 1};
  const auto split = NeighbouringBlocksOut(data, 1);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->folds[0].test, ElementsAre(0, 2));
}

TEST(SplitTest, TooFewBlocksAreRefused) {
  EXPECT_THAT(NeighbouringBlocksOut(TakingTurns(2, 3), 2).status().message(),
              HasSubstr("2 blocks in the data; leaving 2 out needs more"));
}

TEST(SplitTest, ARandomSplitLeaksAndRepeats) {
  const Dataset data = TakingTurns(10, 10);
  const Split split = RandomRowsOut(data, 5, 1);
  EXPECT_TRUE(split.leaks);
  ASSERT_EQ(split.folds.size(), 5U);
  EXPECT_EQ(split.folds[0].test.size(), 20U);
  ExpectEachRowTestedOnceAndNeverTrainedOn(split, data.rows());
  EXPECT_EQ(split.folds[0].test, RandomRowsOut(data, 5, 1).folds[0].test);
  EXPECT_NE(split.folds[0].test, RandomRowsOut(data, 5, 2).folds[0].test);
}

TEST(SplitTest, InSampleTestsTheTrainingRows) {
  const Split split = InSample(TakingTurns(2, 2));
  EXPECT_TRUE(split.leaks);
  ASSERT_EQ(split.folds.size(), 1U);
  EXPECT_EQ(split.folds[0].test, split.folds[0].training);
}

}  // namespace
}  // namespace silhouette
