#include "learn/evaluation/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "learn/models/baselines.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

std::vector<const ModelResult*> ResultsOn(const Comparison& comparison, const std::string& split) {
  std::vector<const ModelResult*> results;
  for (const ModelResult& result : comparison.results) {
    if (result.split == split) results.push_back(&result);
  }
  return results;
}

TEST(ComparisonTest, XgboostAloneUnlessBaselinesAreAskedFor) {
  const auto comparison = Compare(TakingTurns(8, 20), {.splits = {"random", "blocked"}});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_EQ(comparison->results.size(), 2U);
  EXPECT_EQ(comparison->results[0].split, "random");
  EXPECT_EQ(comparison->results[1].model, "xgboost");
  EXPECT_TRUE(comparison->curves.empty());
}

TEST(ComparisonTest, EachBaselineOnEachSplitAndOnceMoreWithThePublishedScale) {
  const auto comparison =
      Compare(TakingTurns(8, 20), {.splits = {"blocked"}, .baselines = true, .curves = true});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  const auto blocked = ResultsOn(*comparison, "blocked");
  const auto scaled = std::count_if(Baselines().begin(), Baselines().end(),
                                    [](const ModelKind& kind) { return kind.needs_scale; });
  EXPECT_EQ(blocked.size(), 1 + Baselines().size() + static_cast<size_t>(scaled));
  for (const ModelResult* result : blocked) {
    EXPECT_EQ(result->leaks, result->scale_by == ScaleBy::kAllRows) << result->model;
  }
  const auto in_sample = ResultsOn(*comparison, "in-sample");
  ASSERT_EQ(in_sample.size(), 1U);
  EXPECT_EQ(in_sample[0]->model, "k_means");
  EXPECT_EQ(comparison->curves.size(), 1 + Baselines().size());
  EXPECT_EQ(comparison->curve_split_title, "two neighbouring blocks left out");
}

TEST(ComparisonTest, ProgressCountsEachStepOnce) {
  std::vector<size_t> told;
  std::set<size_t> totals;
  const auto comparison =
      Compare(TakingTurns(8, 20), {.splits = {"random", "blocked"}, .curves = true},
              [&](size_t done, size_t steps, const std::string&) {
                told.push_back(done);
                totals.insert(steps);
              });
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(told, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(totals, std::set<size_t>{3});
}

TEST(ComparisonTest, CurvesAreOfTheFirstSplitThatDoesNotLeak) {
  const Dataset data = TakingTurns(8, 20);
  const auto honest = Compare(data, {.splits = {"random", "blocked"}, .curves = true});
  ASSERT_TRUE(honest.ok()) << honest.status();
  EXPECT_EQ(honest->curve_split, "blocked");
  EXPECT_FALSE(honest->curves_leak);
  const auto leaking = Compare(data, {.splits = {"random"}, .curves = true});
  ASSERT_TRUE(leaking.ok()) << leaking.status();
  EXPECT_EQ(leaking->curve_split, "random");
  EXPECT_TRUE(leaking->curves_leak);
}

TEST(ComparisonTest, WhatMattersIsTheFeatureThatTells) {
  const auto comparison = Compare(TakingTurns(8, 20), {.splits = {"blocked"}});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  const auto& importance = comparison->results[0].importance;
  ASSERT_EQ(importance.size(), 2U);
  EXPECT_GT(importance[0].gain, 0.9);
  EXPECT_NEAR(importance[0].gain + importance[1].gain, 1, 1e-9);
  EXPECT_GT(importance[0].shap, 10 * importance[1].shap);
}

TEST(ComparisonTest, TheLeakageSentenceNamesBothFigures) {
  ModelResult leaking;
  leaking.model = "xgboost";
  leaking.split = "random";
  leaking.split_title = "random rows left out";
  leaking.leaks = true;
  leaking.metrics.accuracy = 0.92;
  ModelResult honest = leaking;
  honest.split = "blocked";
  honest.split_title = "blocks left out";
  honest.leaks = false;
  honest.metrics.accuracy = 0.8;
  EXPECT_EQ(LeakageSentence({honest}), "");
  EXPECT_THAT(LeakageSentence({leaking}), HasSubstr("The accuracy of 0.920"));
  EXPECT_THAT(LeakageSentence({leaking}), HasSubstr("flatters"));
  const std::string both = LeakageSentence({leaking, honest});
  EXPECT_THAT(both, HasSubstr("0.920"));
  EXPECT_THAT(both, HasSubstr("0.800"));
  EXPECT_THAT(both, HasSubstr("the first figure flatters; believe the second."));
}

}  // namespace
}  // namespace silhouette
