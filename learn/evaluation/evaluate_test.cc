#include "learn/evaluation/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/models/parameter_search.h"
#include "learn/models/xgboost_classifier.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ModelResult> EvaluateBy(const Dataset& data, const std::string& split,
                                       const TrainerParameters& parameters = {},
                                       SplitOptions options = {.margin = 1}) {
  const auto made = MakeSplit(data, split, options);
  if (!made.ok()) return made.status();
  EvaluateOptions judging;
  judging.split = options;
  return Evaluate(data, *made, XgboostKind(parameters), judging);
}

TEST(EvaluateTest, ClassesThatAFeatureTellsApartScoreOne) {
  for (const char* split : {"blocked", "random", "in-sample"}) {
    const auto result = EvaluateBy(TakingTurns(6, 20), split);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->metrics.rows, 120U);
    EXPECT_EQ(result->metrics.accuracy, 1) << split;
    EXPECT_EQ(result->timeline->viterbi_accuracy, 1) << split;
    EXPECT_EQ(result->leaks, std::string(split) != "blocked");
    EXPECT_EQ(result->intervals.accuracy.low, 1);
  }
}

TEST(EvaluateTest, PredictionsAreInTheOrderOfTheRows) {
  const Dataset data = TakingTurns(10, 10, 9);
  const auto result = EvaluateBy(data, "random");
  ASSERT_TRUE(result.ok()) << result.status();
  const Predictions& predictions = result->predictions;
  ASSERT_EQ(predictions.rows(), data.rows());
  for (size_t i = 0; i < data.rows(); ++i) {
    EXPECT_EQ(predictions.row[i], i);
    EXPECT_EQ(predictions.truth[i], static_cast<size_t>(data.label[i]));
    const bool looks_like_person = data.features[2 * i] > 50;
    EXPECT_EQ(predictions.said[i], looks_like_person ? 1U : 0U) << i;
    EXPECT_EQ(predictions.probabilities[2 * i + 1] > 0.5, looks_like_person) << i;
  }
}

TEST(EvaluateTest, TheTimelineMendsWindowsThatLookWrong) {
  const auto result = EvaluateBy(TakingTurns(10, 40, 9), "blocked");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->metrics.accuracy, 8.0 / 9, 0.01);
  EXPECT_GT(result->timeline->forward_accuracy, 0.95);
  EXPECT_GT(result->timeline->viterbi_accuracy, 0.98);
}

TEST(EvaluateTest, WhatOnlyOneBlockShowsIsNotLearntFromItself) {
  // Each pair of blocks has its own meaning of the feature: in sample says more than is so.
  Dataset data = TakingTurns(6, 20);
  for (size_t row = 0; row < data.rows(); ++row) {
    data.features[2 * row] = static_cast<double>(data.block[row]);
  }
  const TrainerParameters deep{.num_boost_round = 200, .max_depth = 3, .eta = 0.3};
  EXPECT_LE(EvaluateBy(data, "blocked", deep)->metrics.accuracy, 0.5);
  EXPECT_EQ(EvaluateBy(data, "random", deep)->metrics.accuracy, 1);
}

// Classes change in mid-block, and the first windows of a block look like neither: what is so then
// is known from the block before alone, which a timeline that was cut at the block's edge never
// saw.
TEST(EvaluateTest, TheTimelineGoesOverTheWholeRecording) {
  constexpr size_t kBlock = 40, kUnclear = 10;
  Dataset data = TakingTurns(20, kBlock);
  for (size_t row = 0; row < data.rows(); ++row) {
    const bool person = (row + kBlock / 2) / kBlock % 2 == 1;
    const bool clear = row < kBlock || row % kBlock >= kUnclear;
    data.label[row] = person ? 1 : 0;
    data.features[2 * row] = !clear ? 50 : person ? 100 : 0;
  }
  const SplitOptions each_block{.neighbours = 1, .most_folds = 20, .margin = 1};
  const auto result = EvaluateBy(data, "blocked", {}, each_block);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LT(result->metrics.accuracy, 0.9) << "of windows alone";
  EXPECT_GT(result->timeline->forward_accuracy, 0.95);
  EXPECT_GT(result->timeline->viterbi_accuracy, 0.95);
}

TEST(EvaluateTest, EachRecordingHasATimelineOfItsOwn) {
  Dataset data = TakingTurns(6, 20);
  for (size_t row = 60; row < data.rows(); ++row) {
    data.window[row] -= 60;
    data.sequence[row] = 1;
  }
  const auto result = EvaluateBy(data, "blocked");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->timeline->viterbi_accuracy, 1);
}

TEST(EvaluateTest, AClassThatOnlyTheTestPartHoldsIsAnErrorOfItsSplit) {
  const auto result = EvaluateBy(TakingTurns(2, 20), "blocked", {}, {.neighbours = 1});
  EXPECT_THAT(result.status().message(), HasSubstr("one block left out: no training row"));
}

TEST(EvaluateTest, WhereNoBlocksCanBeLeftOutTheTimelineHasNoWeight) {
  const Dataset data = TakingTurns(4, 20);
  const std::vector<size_t> rows = AllRows(TakingTurns(2, 20));
  for (size_t neighbours : {1, 2}) {  // 1: a fold without a class; 2: nothing left
    const SplitOptions options{.neighbours = neighbours, .margin = 0};
    const auto trained = TrainOn(data, rows, "blocked", XgboostKind({}), options);
    ASSERT_TRUE(trained.ok()) << trained.status();
    EXPECT_EQ(trained->timeline->evidence_weight(), 0);
  }
}

TEST(EvaluateTest, ThePublishedCallScoresOnMinutesItHasNotSeen) {
  if (!std::filesystem::exists(ZoomTable())) GTEST_SKIP() << ZoomTable() << " is missing";
  const auto data = ReadZoomTable();
  ASSERT_TRUE(data.ok()) << data.status();
  const auto split = MakeSplit(*data, "blocked", {});
  const auto result = Evaluate(*data, *split, SearchedXgboost(), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->metrics.accuracy, 0.850, 0.015);
  EXPECT_NEAR(result->timeline->forward_accuracy, 0.865, 0.03);
  EXPECT_NEAR(result->timeline->viterbi_accuracy, 0.90, 0.04);
}

}  // namespace
}  // namespace silhouette
