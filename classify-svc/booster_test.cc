#include "classify-svc/booster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace silhouette
