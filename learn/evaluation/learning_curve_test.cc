#include "learn/evaluation/learning_curve.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "learn/models/baselines.h"
#include "learn/models/xgboost_classifier.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

Split Blocked(const Dataset& data) {
  SplitOptions options;
  options.margin = 0;
  return *MakeSplit(data, "blocked", options);
}

TEST(LearningCurveTest, GrowsByEighthsOfTheTrainingPart) {
  const Dataset data = TakingTurns(6, 24);  // 96 training rows a fold
  const auto curve = MeasureLearningCurve(data, Blocked(data), XgboostKind({}));
  ASSERT_TRUE(curve.ok()) << curve.status();
  EXPECT_EQ(curve->model, "xgboost");
  ASSERT_EQ(curve->points.size(), 8U);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(curve->points[i].rows, 12.0 * static_cast<double>(i + 1));
    EXPECT_GT(curve->points[i].fit_seconds, 0);
    EXPECT_LE(curve->points[i].test_accuracy, 1);
  }
  EXPECT_EQ(curve->points.back().test_accuracy, 1);
}

// Each row has a value of its own and its label by chance: deep trees hold them all and know none.
TEST(LearningCurveTest, WhatIsLearntByHeartScoresOnTheTrainingRowsAlone) {
  Dataset data = TakingTurns(6, 24);
  for (size_t row = 0; row < data.rows(); ++row) {
    data.features[2 * row] = static_cast<double>(row * 7919 % 10'007);
    data.label[row] = row * 31 % 7 < 3 ? 1 : 0;
  }
  TrainerParameters deep{.num_boost_round = 200, .max_depth = 6, .eta = 0.5};
  deep.min_child_weight = 0;
  deep.lambda = 0;
  deep.subsample = deep.colsample_bynode = 1;
  const auto curve = MeasureLearningCurve(data, Blocked(data), XgboostKind(deep));
  ASSERT_TRUE(curve.ok()) << curve.status();
  EXPECT_GT(curve->points.back().training_accuracy, 0.99);
  EXPECT_LT(curve->points.back().test_accuracy, 0.75);
}

// One of 40 training rows is of the second class. Rows that come with the k-th eighth make 9 - k
// points, and five rows come with each.
TEST(LearningCurveTest, TooFewRowsForEachClassMakeNoPoint) {
  const auto naive_bayes =
      std::find_if(Baselines().begin(), Baselines().end(),
                   [](const auto& kind) { return kind.name == "naive_bayes"; });
  ASSERT_NE(naive_bayes, Baselines().end());
  Split split;
  split.folds.emplace_back();
  for (size_t row = 0; row < 80; ++row) {
    (row < 40 ? split.folds[0].training : split.folds[0].test).push_back(row);
  }
  size_t points = 0;
  for (size_t lone = 0; lone < 40; ++lone) {
    Dataset data = TakingTurns(2, 40);
    std::fill(data.label.begin(), data.label.end(), 0);
    data.label[lone] = data.label[70] = 1;
    const auto curve = MeasureLearningCurve(data, split, *naive_bayes);
    ASSERT_TRUE(curve.ok()) << curve.status();
    points += curve->points.size();
    EXPECT_EQ(curve->points.back().rows, 40);
  }
  EXPECT_EQ(points, 5U * (8 + 7 + 6 + 5 + 4 + 3 + 2 + 1));
}

}  // namespace
}  // namespace silhouette
