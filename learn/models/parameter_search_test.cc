#include "learn/models/parameter_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

Split Blocked(const Dataset& data) { return *MakeSplit(data, "blocked", {.margin = 1}); }

TEST(ParameterSearchTest, WhatDependsOnTwoFeaturesTogetherWantsDeeperTrees) {
  Dataset data = TakingTurns(8, 40);
  for (size_t row = 0; row < data.rows(); ++row) {
    const size_t a = row % 2, b = row / 2 % 2;  // neither feature alone says anything
    data.features[2 * row] = static_cast<double>(a);
    data.features[2 * row + 1] = static_cast<double>(b);
    data.label[row] = static_cast<int>(a ^ b);
  }
  const auto found = SearchParameters(data, Blocked(data), {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_GE(found->max_depth, 2);
}

TEST(ParameterSearchTest, WhereNothingTellsThemApartTreesStayShallow) {
  Dataset data = TakingTurns(8, 40);
  for (size_t row = 0; row < data.rows(); ++row) {
    data.label[row] = static_cast<int>(row * 2654435761U % 7 < 3);
    data.features[2 * row] = static_cast<double>(row * 40503U % 11);
  }
  const auto found = SearchParameters(data, Blocked(data), {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->max_depth, 1) << "deeper ones are no better";
}

TEST(ParameterSearchTest, TheOtherParametersStayAndTheSameIsFoundAgain) {
  const Dataset data = TakingTurns(8, 20, 5);
  TrainerParameters base;
  base.eta = 0.2;
  base.balanced = true;
  const auto first = SearchParameters(data, Blocked(data), base);
  const auto second = SearchParameters(data, Blocked(data), base);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->eta, 0.2);
  EXPECT_TRUE(first->balanced);
  EXPECT_EQ(XgboostParameters(*first, 2, 100), XgboostParameters(*second, 2, 100));
}

TEST(ParameterSearchTest, WhereEachFoldTakesAClassAwayNothingCanBeChosen) {
  const Dataset data = TakingTurns(2, 20);
  const auto split = MakeSplit(data, "blocked", {.neighbours = 1, .margin = 1});
  ASSERT_TRUE(split.ok()) << split.status();
  const auto found = SearchParameters(data, *split, {});
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(found.status().message(), HasSubstr("longer blocks of each class"));
}

TEST(ParameterSearchTest, TheKindSaysWhatWasChosen) {
  const Dataset data = TakingTurns(8, 20);
  const auto tuned = SearchedXgboost().tune(data, AllRows(data), Blocked(data));
  ASSERT_TRUE(tuned.ok()) << tuned.status();
  EXPECT_EQ(tuned->parameters.at("max_depth"), "1");
  EXPECT_EQ(tuned->parameters.count("num_boost_round"), 1U);
}

}  // namespace
}  // namespace silhouette
