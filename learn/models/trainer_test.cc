#include "learn/models/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classify-svc/booster.h"
#include "learn/data/split.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

std::vector<float> Probabilities(const Dataset& data, const std::string& model) {
  const TestFolder folder;
  const auto booster = Booster::Load(folder.Write("model.ubj", model));
  EXPECT_TRUE(booster.ok()) << booster.status();
  std::vector<float> probabilities;
  EXPECT_TRUE(booster->Predict(data.features, data.classes.size(), &probabilities).ok());
  return probabilities;
}

TEST(TrainerTest, ATrainedModelTellsTheClassesApart) {
  const Dataset data = TakingTurns(4, 20);
  const auto model = TrainModel(data, AllRows(data), {});
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<float> probabilities = Probabilities(data, *model);
  for (size_t row = 0; row < data.rows(); ++row) {
    EXPECT_EQ(probabilities[2 * row + 1] > 0.5F, data.label[row] == 1) << row;
  }
}

TEST(TrainerTest, EqualDataGivesEqualBytes) {
  const Dataset data = TakingTurns(4, 20, 7);
  const auto first = TrainModel(data, AllRows(data), {});
  const auto second = TrainModel(data, AllRows(data), {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST(TrainerTest, OnlyTheGivenRowsAreLearnt) {
  Dataset data = TakingTurns(4, 20);
  const std::vector<size_t> rows = [&] {
    std::vector<size_t> half = AllRows(data);
    half.resize(data.rows() / 2);
    return half;
  }();
  const auto before = TrainModel(data, rows, {});
  for (size_t i = rows.size(); i < data.rows(); ++i) data.label[i] = 1 - data.label[i];
  const auto after = TrainModel(data, rows, {});
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(*before, *after);
}

TEST(TrainerTest, ThreeClassesGiveThreeProbabilities) {
  Dataset data = TakingTurns(6, 10);
  data.classes = {"a", "b", "c"};
  for (size_t row = 0; row < data.rows(); ++row) {
    data.label[row] = static_cast<int>(row % 3);
    data.features[2 * row] = static_cast<double>(row % 3);
  }
  const auto model = TrainModel(data, AllRows(data), {});
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<float> probabilities = Probabilities(data, *model);
  ASSERT_EQ(probabilities.size(), 3 * data.rows());
  EXPECT_GT(probabilities[2 * 3 + 2], 0.5F);
  EXPECT_NEAR(probabilities[0] + probabilities[1] + probabilities[2], 1, 1e-5);
}

TEST(TrainerTest, AClassWithoutARowIsRefused) {
  const Dataset data = TakingTurns(2, 5);
  const auto model = TrainModel(data, std::vector<size_t>{0, 1, 2}, {});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(model.status().message(), HasSubstr("no training row is of class person"));
}

}  // namespace
}  // namespace silhouette
