#include "learn/models/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ostream>

#include "learn/models/test_data.h"
#include "learn/models/xgboost_classifier.h"
#include "learn/test_support.h"

namespace silhouette {

// What a failed test shows of its parameter.
void PrintTo(const ModelKind& kind, std::ostream* stream) { *stream << kind.name; }

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<ModelKind> AllKinds() {
  std::vector<ModelKind> kinds = Baselines();
  kinds.push_back(XgboostKind({}));
  return kinds;
}

// Three classes that the first feature tells apart but for a few rows.
Dataset ThreeClasses() {
  Dataset data = TakingTurns(6, 20);
  data.classes = {"a", "b", "c"};
  for (size_t row = 0; row < data.rows(); ++row) {
    data.label[row] = static_cast<int>(row % 3);
    const size_t looks_like = row % 31 == 30 ? (row + 1) % 3 : row % 3;
    data.features[2 * row] = 10 * static_cast<double>(looks_like * looks_like) + row % 7;
  }
  return data;
}

std::vector<double> TrainAndPredict(const ModelKind& kind, const Dataset& data,
                                    std::span<const size_t> rows) {
  const auto model = kind.train(data, rows);
  EXPECT_TRUE(model.ok()) << model.status();
  std::vector<double> probabilities;
  if (!model.ok()) return probabilities;
  EXPECT_TRUE((*model)->Predict(data.features, &probabilities).ok());
  return probabilities;
}

// The share of rows whose class is the most probable one.
double Accuracy(const Dataset& data, const std::vector<double>& probabilities) {
  const auto classes = static_cast<std::ptrdiff_t>(data.classes.size());
  double hits = 0;
  for (size_t row = 0; row < data.rows(); ++row) {
    const auto begin = probabilities.begin() + static_cast<std::ptrdiff_t>(row) * classes;
    hits += std::max_element(begin, begin + classes) - begin == data.label[row] ? 1 : 0;
  }
  return hits / static_cast<double>(data.rows());
}

TEST(BaselinesTest, TheyAreThoseOfThePublishedWorkInItsOrder) {
  std::vector<std::string> names;
  for (const ModelKind& kind : Baselines()) names.push_back(kind.name);
  EXPECT_THAT(names,
              ElementsAre("k_means", "k_nearest_neighbours", "random_forest", "decision_tree",
                          "logistic_regression", "linear_svm", "naive_bayes"));
}

TEST(BaselinesTest, WhatOpencvThrowsIsAStatus) {
  Dataset data = TakingTurns(4, 20);
  for (double& value : data.features) value *= 1e36;  // its square is beyond 32 bits
  const auto model = Baselines().front().train(data, AllRowsOf(data));
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(model.status().message(), HasSubstr("OpenCV: "));
  EXPECT_THAT(std::string(model.status().message()), Not(HasSubstr("\n")));
}

class ModelKindTest : public ::testing::TestWithParam<ModelKind> {};

TEST_P(ModelKindTest, LearnsTwoClassesThatAFeatureTellsApart) {
  const Dataset data = TakingTurns(4, 20);
  EXPECT_EQ(Accuracy(data, TrainAndPredict(GetParam(), data, AllRowsOf(data))), 1);
}

TEST_P(ModelKindTest, LearnsThreeClasses) {
  const Dataset data = ThreeClasses();
  EXPECT_GT(Accuracy(data, TrainAndPredict(GetParam(), data, AllRowsOf(data))), 0.9);
}

TEST_P(ModelKindTest, OnlyTheGivenRowsAreLearnt) {
  Dataset data = TakingTurns(4, 20);
  std::vector<size_t> rows = AllRowsOf(data);
  rows.resize(rows.size() / 2);
  const std::vector<double> before = TrainAndPredict(GetParam(), data, rows);
  for (size_t i = rows.size(); i < data.rows(); ++i) data.label[i] = 1 - data.label[i];
  EXPECT_EQ(TrainAndPredict(GetParam(), data, rows), before);
}

TEST_P(ModelKindTest, EqualDataGivesEqualProbabilities) {
  const Dataset data = TakingTurns(4, 20, 7);
  const std::vector<double> first = TrainAndPredict(GetParam(), data, AllRowsOf(data));
  TrainAndPredict(GetParam(), ThreeClasses(), AllRowsOf(ThreeClasses()));
  EXPECT_EQ(TrainAndPredict(GetParam(), data, AllRowsOf(data)), first);
}

TEST_P(ModelKindTest, ProbabilitiesOfARowAddUpToOne) {
  for (const Dataset& data : {TakingTurns(4, 20, 7), ThreeClasses()}) {
    const std::vector<double> all = TrainAndPredict(GetParam(), data, AllRowsOf(data));
    const size_t classes = data.classes.size();
    ASSERT_EQ(all.size(), data.rows() * classes);
    for (size_t row = 0; row < data.rows(); ++row) {
      const std::span<const double> of_row = std::span(all).subspan(row * classes, classes);
      EXPECT_NEAR(std::accumulate(of_row.begin(), of_row.end(), 0.0), 1, 1e-6);
      for (double p : of_row) {
        EXPECT_GE(p, 0);
        EXPECT_TRUE(GetParam().has_probabilities || p == 0 || p == 1) << p;
      }
    }
  }
}

TEST_P(ModelKindTest, ProbabilitiesAreAppended) {
  const Dataset data = TakingTurns(4, 20);
  const auto model = GetParam().train(data, AllRowsOf(data));
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<double> probabilities = {7};
  EXPECT_TRUE((*model)->Predict({}, &probabilities).ok());
  EXPECT_THAT(probabilities, ElementsAre(7));
  EXPECT_TRUE((*model)->Predict(data.row(0), &probabilities).ok());
  EXPECT_EQ(probabilities.size(), 3U);
  EXPECT_EQ(probabilities[0], 7);
}

TEST_P(ModelKindTest, ARowOfEachClassIsEnough) {
  const Dataset data = TakingTurns(2, 5);
  EXPECT_TRUE(GetParam().train(data, std::vector<size_t>{0, 9}).ok());
}

TEST_P(ModelKindTest, AClassWithoutARowIsRefused) {
  const Dataset data = TakingTurns(2, 5);
  const auto model = GetParam().train(data, std::vector<size_t>{0, 1, 2});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(model.status().message(), HasSubstr("no training row is of class person"));
}

INSTANTIATE_TEST_SUITE_P(All, ModelKindTest, ::testing::ValuesIn(AllKinds()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace silhouette
