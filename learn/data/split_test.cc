#include "learn/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

void ExpectEachRowTestedOnceAndNeverTrainedOn(const Split& split, size_t rows) {
  std::vector<int> tested(rows, 0);
  for (const Fold& fold : split.folds) {
    EXPECT_TRUE(std::is_sorted(fold.training.begin(), fold.training.end()));
    for (size_t row : fold.test) {
      ++tested[row];
      EXPECT_FALSE(std::binary_search(fold.training.begin(), fold.training.end(), row));
    }
  }
  EXPECT_EQ(std::count(tested.begin(), tested.end(), 1), static_cast<std::ptrdiff_t>(rows));
}

constexpr SplitOptions kNoMargin{.margin = 0};

TEST(SplitTest, TenBlocksMakeFivePairsOfNeighbours) {
  const Dataset data = TakingTurns(10, 3);
  const auto split = MakeSplit(data, "blocked", kNoMargin);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->title, "two neighbouring blocks left out");
  EXPECT_TRUE(split->leaks) << "without a margin, blocks touch";
  ASSERT_EQ(split->folds.size(), 5U);
  EXPECT_THAT(split->folds[1].test, ElementsAre(6, 7, 8, 9, 10, 11));
  EXPECT_EQ(split->folds[1].training.size(), 24U);
  ExpectEachRowTestedOnceAndNeverTrainedOn(*split, data.rows());
}

TEST(SplitTest, AMarginAroundTestBlocksIsInNeitherPart) {
  const auto split = MakeSplit(TakingTurns(6, 10), "blocked", {.neighbours = 1, .margin = 3});
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 6U);
  const std::vector<size_t>& training = split->folds[2].training;  // tested: 20 to 29
  EXPECT_EQ(training.size(), 44U);
  for (size_t row : {17, 19, 30, 32}) {
    EXPECT_FALSE(std::binary_search(training.begin(), training.end(), row)) << row;
  }
  for (size_t row : {16, 33}) {
    EXPECT_TRUE(std::binary_search(training.begin(), training.end(), row)) << row;
  }
  EXPECT_FALSE(split->leaks);
}

TEST(SplitTest, TheMarginIsThatOfTheDataUnlessOneIsGiven) {
  Dataset data = TakingTurns(6, 10);
  data.margin = 3;
  EXPECT_EQ(MakeSplit(data, "blocked", {.neighbours = 1})->folds[2].training.size(), 44U);
  const SplitOptions one{.neighbours = 1, .margin = 1};
  EXPECT_EQ(MakeSplit(data, "blocked", one)->folds[2].training.size(), 48U);
}

TEST(SplitTest, AMarginEndsWithItsRecording) {
  Dataset data = TakingTurns(4, 5);
  for (size_t row = 10; row < 20; ++row) data.sequence[row] = 1;
  const auto split = MakeSplit(data, "blocked", {.margin = 3});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->folds[0].training.size(), 10U);
}

TEST(SplitTest, TheLastFoldTakesTheBlocksLeftOver) {
  const auto split = MakeSplit(TakingTurns(5, 2), "blocked", kNoMargin);
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 3U);
  EXPECT_THAT(split->folds[2].test, ElementsAre(8, 9));
}

TEST(SplitTest, WithSomeRowsAloneNoPartHoldsOthers) {
  const std::vector<size_t> rows = {0, 1, 4, 7, 8, 9};  // blocks 0, 2, 3 and 4
  const auto split = MakeSplit(TakingTurns(5, 2), rows, "blocked", kNoMargin);
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 2U);
  EXPECT_THAT(split->folds[0].test, ElementsAre(0, 1, 4));
  EXPECT_THAT(split->folds[0].training, ElementsAre(7, 8, 9));
  EXPECT_THAT(split->folds[1].test, ElementsAre(7, 8, 9));
}

TEST(SplitTest, ABlockThatComesBackStaysWhole) {
  Dataset data = TakingTurns(3, 2);
  data.block = {5, 8, 5, 8, 1, 1};
  const auto split = MakeSplit(data, "blocked", {.neighbours = 1, .margin = 0});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->folds[0].test, ElementsAre(0, 2));
}

TEST(SplitTest, TooFewOrNoBlocksAreRefused) {
  Dataset data = TakingTurns(2, 3);
  EXPECT_THAT(MakeSplit(data, "blocked", {}).status().message(),
              HasSubstr("2 block(s) in the data; leaving 2 out needs more"));
  data.block.clear();
  EXPECT_THAT(MakeSplit(data, "blocked", {}).status().message(), HasSubstr("no blocks"));
}

TEST(SplitTest, ARandomSplitLeaksAndRepeats) {
  const Dataset data = TakingTurns(10, 10);
  const auto split = MakeSplit(data, "random", {});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_TRUE(split->leaks);
  ASSERT_EQ(split->folds.size(), 5U);
  EXPECT_EQ(split->folds[0].test.size(), 20U);
  ExpectEachRowTestedOnceAndNeverTrainedOn(*split, data.rows());
  EXPECT_EQ(split->folds[0].test, MakeSplit(data, "random", {})->folds[0].test);
  EXPECT_NE(split->folds[0].test, MakeSplit(data, "random", {.seed = 2})->folds[0].test);
}

TEST(SplitTest, AColumnMarksTheTestRows) {
  Dataset data = TakingTurns(4, 2);
  data.marks = {{"held", {true, false, false, false, false, false, true, false}}};
  const auto split = MakeSplit(data, "column:held", {});
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 1U);
  EXPECT_THAT(split->folds[0].test, ElementsAre(0, 6));
  EXPECT_THAT(split->folds[0].training, ElementsAre(1, 2, 3, 4, 5, 7));
  EXPECT_TRUE(split->leaks) << "row 0 has its neighbour in the training part";
  EXPECT_THAT(MakeSplit(data, "column:other", {}).status().message(), HasSubstr("\"other\""));
  data.marks[0].is_test.assign(8, false);
  EXPECT_THAT(MakeSplit(data, "column:held", {}).status().message(), HasSubstr("marks no row"));
}

TEST(SplitTest, MarkedRowsFarFromOthersDoNotLeak) {
  Dataset data = TakingTurns(4, 10);
  data.marks = {{"held", std::vector<bool>(40)}};
  for (size_t row = 30; row < 40; ++row) {
    data.marks[0].is_test[row] = true;
    data.window[row] += 100;
  }
  EXPECT_FALSE(MakeSplit(data, "column:held", {})->leaks);
}

TEST(SplitTest, OfManyBlocksATenthIsLeftOutAtATime) {
  const auto split = MakeSplit(TakingTurns(70, 3), "blocked", {.margin = 0});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->title, "1/9 of the blocks left out, neighbours together");  // 4 pairs a fold
  ASSERT_EQ(split->folds.size(), 9U);
  EXPECT_EQ(split->folds[0].test.size(), 8U * 3);
  EXPECT_EQ(split->folds[8].test.size(), 6U * 3);
}

TEST(SplitTest, ThinnedRowsAreSpreadEvenly) {
  const std::vector<size_t> few = Thinned(std::vector<size_t>{1, 2, 3, 4, 5, 6, 7}, 3);
  ASSERT_EQ(few.size(), 3U);
  EXPECT_LE(few[0], 2U);
  EXPECT_GE(few[1], 3U);
  EXPECT_LE(few[1], 4U);
  EXPECT_GE(few[2], 5U);
  EXPECT_EQ(Thinned(std::vector<size_t>{1, 2, 3}, 3), (std::vector<size_t>{1, 2, 3}));
  EXPECT_TRUE(Thinned({}, 3).empty());
}

// Every n-th row would be of one class where the classes take turns in step.
TEST(SplitTest, ThinnedRowsAreOfBothClassesThatTakeTurns) {
  const Dataset data = TakingTurns(200, 20);
  const std::vector<size_t> thinned = Thinned(AllRows(data), 100);
  ASSERT_EQ(thinned.size(), 100U);
  const auto people = std::count_if(thinned.begin(), thinned.end(),
                                    [&](size_t row) { return data.label[row] == 1; });
  EXPECT_GT(people, 30);
  EXPECT_LT(people, 70);
}

TEST(SplitTest, BySourceLeavesOneFileOut) {
  Dataset data = TakingTurns(4, 5);
  data.source_names = {"a.csv", "b.csv"};
  for (size_t row = 10; row < 20; ++row) data.source[row] = data.sequence[row] = 1;
  const auto split = MakeSplit(data, "by-source", {});
  ASSERT_TRUE(split.ok()) << split.status();
  ASSERT_EQ(split->folds.size(), 2U);
  EXPECT_EQ(split->folds[1].test.front(), 10U);
  EXPECT_FALSE(split->leaks);
  EXPECT_THAT(MakeSplit(TakingTurns(4, 5), "by-source", {}).status().message(),
              HasSubstr("1 file(s)"));
}

TEST(SplitTest, InSampleTestsTheTrainingRows) {
  const auto split = MakeSplit(TakingTurns(2, 2), "in-sample", {});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_TRUE(split->leaks);
  ASSERT_EQ(split->folds.size(), 1U);
  EXPECT_EQ(split->folds[0].test, split->folds[0].training);
}

TEST(SplitTest, AnotherNameIsRefused) {
  EXPECT_THAT(MakeSplit(TakingTurns(2, 2), "half", {}).status().message(),
              HasSubstr("\"half\" is no split; use random"));
  EXPECT_THAT(CheckSplitName("column:").message(), HasSubstr("\"column:\" is no split"));
}

TEST(SplitTest, AColumnIsNamedBehindItsColon) {
  EXPECT_EQ(MarkedColumn("column:test"), "test");
  EXPECT_EQ(MarkedColumn("column:"), std::nullopt);
  EXPECT_EQ(MarkedColumn("blocked"), std::nullopt);
  EXPECT_TRUE(CheckSplitName("column:test").ok());
}

TEST(SplitTest, InsideATrainingPartItIsSplitTheSameWay) {
  Dataset data = TakingTurns(8, 5);
  data.source_names = {"a.csv", "b.csv"};
  for (size_t row = 20; row < 40; ++row) data.source[row] = data.sequence[row] = 1;
  std::vector<size_t> first = AllRows(data);
  first.resize(20);
  const SplitOptions options{.margin = 1};
  EXPECT_EQ(MakeInnerSplit(data, AllRows(data), "by-source", options)->name, "by-source");
  EXPECT_EQ(MakeInnerSplit(data, first, "by-source", options)->name, "blocked");
  EXPECT_EQ(MakeInnerSplit(data, first, "blocked", options)->name, "blocked");
  EXPECT_EQ(MakeInnerSplit(data, first, "column:held", options)->name, "random");
  EXPECT_EQ(MakeInnerSplit(data, first, "random", options)->name, "random");
}

TEST(SplitTest, ATrainingPartThatMarginsEatAwaySaysSo) {
  const Dataset data = TakingTurns(8, 20);
  const SplitOptions options{.margin = 60};
  const auto split = MakeSplit(data, "blocked", options);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(MakeInnerSplit(data, split->folds[1].training, "blocked", options).status().message(),
              HasSubstr("what a margin of 60 windows around those left out leaves"));
}

TEST(SplitTest, WhereNothingWasLeftOutNoMarginIsToBlame) {
  const Dataset data = TakingTurns(2, 20);
  for (const char* name : {"in-sample", "blocked"}) {
    const auto split = MakeInnerSplit(data, AllRows(data), name, {.margin = 60});
    EXPECT_THAT(split.status().message(), HasSubstr("2 block(s) in the data"));
    EXPECT_THAT(split.status().message(), Not(HasSubstr("margin")));
  }
}

}  // namespace
}  // namespace silhouette
