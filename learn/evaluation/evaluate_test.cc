#include "learn/evaluation/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

TEST(EvaluateTest, ClassesThatAFeatureTellsApartScoreOne) {
  const auto results = EvaluateAllWays(TakingTurns(6, 20), 2, PresenceParameters());
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3U);
  for (const v1::EvaluationResult& result : *results) {
    EXPECT_EQ(result.rows(), 120U);
    EXPECT_EQ(result.accuracy(), 1) << result.split();
    EXPECT_EQ(result.viterbi_accuracy(), 1) << result.split();
  }
}

TEST(EvaluateTest, TheFigureToBelieveComesFirstAndOnlyTheOthersLeak) {
  const auto results = EvaluateAllWays(TakingTurns(6, 20), 2, PresenceParameters());
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ((*results)[0].split(), "two neighbouring blocks left out");
  EXPECT_FALSE((*results)[0].leaks());
  EXPECT_TRUE((*results)[1].leaks());
  EXPECT_EQ((*results)[2].split(), "in sample");
  EXPECT_TRUE((*results)[2].leaks());
}

TEST(EvaluateTest, TheTimelineMendsWindowsThatLookWrong) {
  const Dataset data = TakingTurns(10, 40, 9);
  const auto result = Evaluate(data, *NeighbouringBlocksOut(data, 2), 2, PresenceParameters());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->accuracy(), 8.0 / 9, 0.01);
  EXPECT_GT(result->forward_accuracy(), 0.95);
  EXPECT_GT(result->viterbi_accuracy(), 0.98);
}

TEST(EvaluateTest, WhatOnlyOneBlockShowsIsNotLearntFromItself) {
  // Each pair of blocks has its own meaning of the feature: in sample says more than is so.
  Dataset data = TakingTurns(6, 20);
  for (size_t row = 0; row < data.rows(); ++row) {
    data.features[2 * row] = static_cast<double>(data.block[row]);
  }
  const auto results = EvaluateAllWays(
      data, 2,
      {.num_boost_round = 200, .max_depth = 3, .eta = 0.3, .min_child_weight = 1, .lambda = 1});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_LE((*results)[0].accuracy(), 0.5);
  EXPECT_EQ((*results)[1].accuracy(), 1);
}

TEST(EvaluateTest, NumbersThatFallBackBeginAnotherTimeline) {
  Dataset data = TakingTurns(6, 20);
  for (size_t row = 60; row < data.rows(); ++row) data.window[row] -= 60;
  const auto result = Evaluate(data, *NeighbouringBlocksOut(data, 2), 2, PresenceParameters());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->viterbi_accuracy(), 1);
}

TEST(EvaluateTest, AClassThatOnlyTheTestPartHoldsIsAnErrorOfItsSplit) {
  const auto results = EvaluateAllWays(TakingTurns(2, 20), 1, PresenceParameters());
  EXPECT_THAT(results.status().message(), HasSubstr("one block left out: no training row"));
}

TEST(EvaluateTest, WhereNoBlocksCanBeLeftOutTheWeightIsOne) {
  const Dataset data = TakingTurns(4, 20);
  const std::vector<size_t> rows = InSample(TakingTurns(2, 20)).folds[0].training;
  for (size_t neighbours : {1, 2}) {  // 1: a fold without a class; 2: nothing left
    const auto timeline = TrainTimeline(data, rows, neighbours, PresenceParameters());
    ASSERT_TRUE(timeline.ok()) << timeline.status();
    EXPECT_EQ(timeline->evidence_weight(), 1);
  }
}

TEST(EvaluateTest, ThePublishedCallScoresOnMinutesItHasNotSeen) {
  if (!std::filesystem::exists(ZoomTable())) GTEST_SKIP() << ZoomTable() << " is missing";
  const auto data = ReadDataset(ZoomTable(), **FindSchema("presence.v1"),
                                {"person", {"background", "person"}, "segment"});
  ASSERT_TRUE(data.ok()) << data.status();
  const auto result = Evaluate(*data, *NeighbouringBlocksOut(*data, 2), 2, PresenceParameters());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->accuracy(), 0.850, 0.01);
  EXPECT_NEAR(result->forward_accuracy(), 0.836, 0.015);
  EXPECT_NEAR(result->viterbi_accuracy(), 0.897, 0.02);
  EXPECT_NEAR(result->stated_confidence(), result->viterbi_accuracy(), 0.08);
}

}  // namespace
}  // namespace silhouette
