#include "learn/evaluation/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace silhouette {
namespace {

// Rows whose class is drawn from `stated` after the slope and the biases, as probabilities say.
struct Drawn {
  std::vector<double> stated;
  std::vector<size_t> truth;
};
Drawn Draw(size_t classes, double slope, const std::vector<double>& bias) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> share(0, 1);
  Drawn drawn;
  for (int row = 0; row < 20'000; ++row) {
    std::vector<double> p(classes), calibrated(classes);
    double sum = 0, calibrated_sum = 0;
    for (double& value : p) sum += value = 0.05 + share(random);
    for (size_t c = 0; c < classes; ++c) {
      drawn.stated.push_back(p[c] /= sum);
      calibrated_sum += calibrated[c] = std::pow(p[c], slope) * std::exp(bias[c]);
    }
    double left = share(random) * calibrated_sum;
    size_t c = 0;
    while (c + 1 < classes && left > calibrated[c]) left -= calibrated[c++];
    drawn.truth.push_back(c);
  }
  return drawn;
}

TEST(CalibrationTest, ItFindsTheSlopeAndTheBiasesAgain) {
  const Drawn two = Draw(2, 1.7, {0, 0.4});
  const Calibration of_two = FitCalibration(two.stated, two.truth, 2);
  EXPECT_NEAR(of_two.slope, 1.7, 0.08);
  EXPECT_NEAR(of_two.bias[1], 0.4, 0.05);
  const Drawn three = Draw(3, 0.6, {0, -0.5, 0.2});
  const Calibration of_three = FitCalibration(three.stated, three.truth, 3);
  EXPECT_NEAR(of_three.slope, 0.6, 0.08);
  EXPECT_EQ(of_three.bias[0], 0);
  EXPECT_NEAR(of_three.bias[1], -0.5, 0.08);
  EXPECT_NEAR(of_three.bias[2], 0.2, 0.08);
}

TEST(CalibrationTest, WithoutRowsNothingChanges) {
  const Calibration calibration = FitCalibration({}, {}, 2);
  EXPECT_DOUBLE_EQ(calibration.slope, 1);
  EXPECT_DOUBLE_EQ(calibration.bias[1], 0);
}

TEST(CalibrationTest, RowsThatAreAllNamedRightlyGiveFiniteFigures) {
  std::vector<double> stated;
  std::vector<size_t> truth;
  for (size_t row = 0; row < 1000; ++row) {
    truth.push_back(row % 2);
    stated.push_back(row % 2 == 0 ? 0.9 : 0.1);
    stated.push_back(row % 2 == 0 ? 0.1 : 0.9);
  }
  const Calibration calibration = FitCalibration(stated, truth, 2);
  EXPECT_GT(calibration.slope, 1);
  EXPECT_LT(calibration.slope, 10);
  EXPECT_NEAR(calibration.bias[1], 0, 1e-6);
}

TEST(CalibrationTest, ScoresThatSayTheOppositeGetASmallSlope) {
  std::vector<double> stated;
  std::vector<size_t> truth;
  for (size_t row = 0; row < 100; ++row) {
    truth.push_back(row % 2);
    stated.push_back(row % 2 == 0 ? 0.2 : 0.8);
    stated.push_back(row % 2 == 0 ? 0.8 : 0.2);
  }
  const Calibration calibration = FitCalibration(stated, truth, 2);
  EXPECT_GT(calibration.slope, 0);
  EXPECT_LT(calibration.slope, 0.1);
}

TEST(CalibrationTest, AStatedZeroIsNoInfinity) {
  const std::vector<double> stated = {0, 1, 1, 0, 1, 0};
  const std::vector<size_t> truth = {0, 0, 1};
  const Calibration calibration = FitCalibration(stated, truth, 2);
  EXPECT_TRUE(std::isfinite(calibration.slope));
  EXPECT_TRUE(std::isfinite(calibration.bias[1]));
}

}  // namespace
}  // namespace silhouette
