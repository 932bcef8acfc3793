#include "classify-svc/booster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "classify-svc/test_bundles.h"
#include "common/files.h"

namespace silhouette {
namespace {

using namespace test_bundles;
using ::testing::HasSubstr;

const std::string kModel = std::string(kPresence) + "/model.ubj";

std::vector<float> ScoreOf(const absl::StatusOr<Booster>& booster) {
  EXPECT_TRUE(booster.ok()) << booster.status();
  std::vector<float> probabilities;
  EXPECT_TRUE(
      booster->Predict(std::vector<double>(booster->features(), 100), 2, &probabilities).ok());
  return probabilities;
}

TEST(BoosterTest, AFileAndWhatItHoldsAreTheSameModel) {
  EXPECT_EQ(ScoreOf(Booster::LoadFromBytes(*ReadFile(kModel))), ScoreOf(Booster::Load(kModel)));
}

TEST(BoosterTest, BytesThatAreNoModelAreRefused) {
  const std::string model = *ReadFile(kModel);
  for (const std::string& bytes : {std::string(), std::string("text"), model.substr(0, 1000)}) {
    const absl::Status status = Booster::LoadFromBytes(bytes).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("model: not an XGBoost model"));
  }
}

// SHAP values add up to the row's log odds.
TEST(BoosterTest, AnExplanationAddsUpToTheScore) {
  const absl::StatusOr<Booster> booster = Booster::Load(kModel);
  ASSERT_TRUE(booster.ok()) << booster.status();
  std::vector<double> rows;
  for (size_t i = 0; i < 4 * booster->features(); ++i) {
    rows.push_back(static_cast<double>(i * i % 900));
  }
  std::vector<float> probabilities, contributions;
  ASSERT_TRUE(booster->Predict(rows, 2, &probabilities).ok());
  ASSERT_TRUE(booster->Explain(rows, 2, &contributions).ok());
  const size_t width = booster->features() + 1;
  ASSERT_EQ(contributions.size(), 4 * width);
  for (size_t row = 0; row < 4; ++row) {
    float sum = 0;
    for (size_t i = 0; i < width; ++i) sum += contributions[row * width + i];
    EXPECT_NEAR(1 / (1 + std::exp(-sum)), probabilities[2 * row + 1], 1e-5) << row;
  }
  EXPECT_FALSE(booster->Explain(rows, 3, &contributions).ok());
}

TEST(BoosterTest, GainsAreOfFeaturesThatTreesLookAt) {
  const absl::StatusOr<Booster> booster = Booster::Load(kModel);
  ASSERT_TRUE(booster.ok()) << booster.status();
  const auto gains = booster->TotalGains();
  ASSERT_TRUE(gains.ok()) << gains.status();
  ASSERT_EQ(gains->size(), booster->features());
  EXPECT_GT(*std::max_element(gains->begin(), gains->end()), 0);
  EXPECT_GE(*std::min_element(gains->begin(), gains->end()), 0);
}

}  // namespace
}  // namespace silhouette
