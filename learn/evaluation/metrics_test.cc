#include "learn/evaluation/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace silhouette {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Of two classes, from the probability of the second; what is said is the likelier one.
Predictions Binary(const std::vector<size_t>& truth, const std::vector<double>& probability) {
  Predictions predictions;
  predictions.classes = 2;
  for (size_t i = 0; i < truth.size(); ++i) {
    predictions.row.push_back(i);
    predictions.truth.push_back(truth[i]);
    predictions.said.push_back(probability[i] >= 0.5 ? 1 : 0);
    predictions.probabilities.push_back(1 - probability[i]);
    predictions.probabilities.push_back(probability[i]);
  }
  return predictions;
}

// The expected figures of these and of the binary rows below, by Debian 12's scikit-learn 1.2.1:
//
// import numpy as np
// from sklearn.metrics import *
// truth = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2])
// said = np.array([0, 0, 1, 2, 1, 1, 1, 0, 1, 2, 2, 1])
// p = np.array([[7, 2, 1], [5, 3, 2], [3, 5, 2], [2, 3, 5], [1, 7, 2], [2, 6, 2], [3, 5, 2],
//               [5, 4, 1], [0, 10, 0], [1, 2, 7], [0, 3, 7], [3, 5, 2]]) / 10
// for average in None, 'macro', 'weighted':
//     print(precision_recall_fscore_support(truth, said, average=average, zero_division=0))
// print(confusion_matrix(truth, said), accuracy_score(truth, said))
// print(repr(roc_auc_score(truth, p, multi_class='ovr')), repr(log_loss(truth, p)))
// print(repr(brier_score_loss(truth == 1, p[:, 1])))
// truth = np.array([0, 1, 0, 1, 1, 0, 1, 0, 1, 1])
// p = np.array([.1, .4, .4, .4, .8, .8, .9, 0, 1, .3])
// print(precision_recall_fscore_support(truth, p >= .5))
// print(repr(roc_auc_score(truth, p)), repr(log_loss(truth, p)), brier_score_loss(truth, p))
Predictions ThreeClasses() {
  Predictions predictions;
  predictions.classes = 3;
  predictions.row = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  predictions.truth = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2};
  predictions.said = {0, 0, 1, 2, 1, 1, 1, 0, 1, 2, 2, 1};
  for (int tenths : {7, 2, 1, 5, 3, 2, 3, 5,  2, 2, 3, 5, 1, 7, 2, 2, 6, 2,
                     3, 5, 2, 5, 4, 1, 0, 10, 0, 1, 2, 7, 0, 3, 7, 3, 5, 2}) {
    predictions.probabilities.push_back(tenths / 10.0);
  }
  return predictions;
}

Predictions TwoClasses() {
  return Binary({0, 1, 0, 1, 1, 0, 1, 0, 1, 1}, {.1, .4, .4, .4, .8, .8, .9, 0, 1, .3});
}

void ExpectShares(const ClassMetrics& metrics, double precision, double recall, double f1) {
  EXPECT_DOUBLE_EQ(metrics.precision, precision);
  EXPECT_DOUBLE_EQ(metrics.recall, recall);
  EXPECT_DOUBLE_EQ(metrics.f1, f1);
}

TEST(MetricsTest, SharesOfThreeClassesAreScikitLearns) {
  const Metrics metrics = MetricsOf(ThreeClasses(), 1);
  EXPECT_EQ(metrics.rows, 12U);
  EXPECT_DOUBLE_EQ(metrics.accuracy, 7.0 / 12);
  EXPECT_THAT(metrics.confusion, ElementsAre(2, 1, 1, 1, 4, 1, 0, 1, 1));
  EXPECT_EQ(metrics.Confusion(1, 2), 1U);
  ASSERT_EQ(metrics.by_class.size(), 3U);
  ExpectShares(metrics.by_class[0], 2.0 / 3, 0.5, 4.0 / 7);
  ExpectShares(metrics.by_class[1], 2.0 / 3, 2.0 / 3, 2.0 / 3);
  ExpectShares(metrics.by_class[2], 1.0 / 3, 0.5, 0.4);
  EXPECT_EQ(metrics.by_class[1].rows, 6U);
  ExpectShares(metrics.macro, 0.5555555555555555, 0.5555555555555555, 0.546031746031746);
  ExpectShares(metrics.weighted, 0.611111111111111, 0.5833333333333334, 0.5904761904761905);
  EXPECT_EQ(metrics.macro.rows, 12U);
}

TEST(MetricsTest, FiguresOfThreeClassesProbabilitiesAreScikitLearns) {
  const Metrics metrics = MetricsOf(ThreeClasses(), 1);
  EXPECT_DOUBLE_EQ(metrics.roc_auc.value(), 0.77546296296296291);
  EXPECT_DOUBLE_EQ(metrics.log_loss, 0.826310174183706);
  EXPECT_DOUBLE_EQ(metrics.brier, 0.1925);
}

TEST(MetricsTest, FiguresOfTwoClassesAreScikitLearns) {
  const Metrics metrics = MetricsOf(TwoClasses(), 1);
  ExpectShares(metrics.by_class[0], 0.5, 0.75, 0.6);
  ExpectShares(metrics.by_class[1], 0.75, 0.5, 0.6);
  EXPECT_DOUBLE_EQ(metrics.roc_auc.value(), 0.7708333333333334);
  EXPECT_DOUBLE_EQ(metrics.log_loss, 0.55906823869042);
  EXPECT_DOUBLE_EQ(metrics.brier, 0.207);
}

TEST(MetricsTest, OfTwoClassesEitherHasTheSameAreaUnderTheCurve) {
  EXPECT_DOUBLE_EQ(*MetricsOf(TwoClasses(), 0).roc_auc, *MetricsOf(TwoClasses(), 1).roc_auc);
}

TEST(MetricsTest, ATieCountsHalfInTheAreaUnderTheCurve) {
  // Pairs of truth 1 and 0: 0.5 > 0.2, 0.5 = 0.5, 0.9 > 0.2, 0.9 > 0.5.
  EXPECT_DOUBLE_EQ(*MetricsOf(Binary({0, 0, 1, 1}, {.2, .5, .5, .9}), 1).roc_auc, 3.5 / 4);
  EXPECT_DOUBLE_EQ(*MetricsOf(Binary({0, 0, 1, 1}, {.5, .5, .5, .5}), 1).roc_auc, 0.5);
  EXPECT_DOUBLE_EQ(*MetricsOf(Binary({1, 1, 0, 0}, {.2, .2, .5, .9}), 1).roc_auc, 0);
}

TEST(MetricsTest, AClassWithoutRowsHasNoAreaAndSharesOfNothingAreZero) {
  const Metrics metrics = MetricsOf(Binary({0, 0, 0}, {.1, .2, .3}), 1);
  EXPECT_EQ(metrics.roc_auc, std::nullopt);
  ExpectShares(metrics.by_class[1], 0, 0, 0);
  ExpectShares(metrics.macro, 0.5, 0.5, 0.5);
  ExpectShares(metrics.weighted, 1, 1, 1);
  Predictions three = ThreeClasses();
  for (size_t& truth : three.truth) truth = truth == 2 ? 1 : truth;
  EXPECT_EQ(MetricsOf(three, 1).roc_auc, std::nullopt);
}

TEST(MetricsTest, NoRowsGiveZeros) {
  const Metrics metrics = MetricsOf(Binary({}, {}), 1);
  EXPECT_EQ(metrics.accuracy, 0);
  EXPECT_EQ(metrics.log_loss, 0);
  EXPECT_EQ(metrics.brier, 0);
  EXPECT_EQ(metrics.calibration_error, 0);
  EXPECT_EQ(metrics.roc_auc, std::nullopt);
  EXPECT_THAT(metrics.confusion, Each(0U));
  EXPECT_EQ(metrics.calibration.size(), kCalibrationBins);
}

TEST(MetricsTest, ACertainMistakeCostsAsMuchAsADoubleCanTell) {
  // Clipped to 2^-52 and 1 - 2^-52, which add up to 1.
  EXPECT_DOUBLE_EQ(MetricsOf(Binary({1}, {0}), 1).log_loss, 52 * std::log(2));
  EXPECT_NEAR(MetricsOf(Binary({1}, {1}), 1).log_loss, 0, 1e-15);
}

TEST(MetricsTest, ProbabilitiesThatAddUpToMoreAreScaled) {
  Predictions predictions = Binary({1}, {0.8});
  predictions.probabilities = {0.8, 0.8};
  EXPECT_DOUBLE_EQ(MetricsOf(predictions, 1).log_loss, std::log(2));
}

TEST(MetricsTest, ACalibrationBinHoldsItsBeginAndTheLastItsEndToo) {
  // Ten times the number below 0.9 rounds to 9, too.
  const double below = std::nextafter(0.9, 0);
  const Metrics metrics = MetricsOf(Binary({1, 0, 1, 1, 0}, {0.9, below, 0.3, 1, 0}), 1);
  std::vector<size_t> rows;
  for (const CalibrationBin& bin : metrics.calibration) rows.push_back(bin.rows);
  EXPECT_THAT(rows, ElementsAre(1, 0, 0, 1, 0, 0, 0, 0, 1, 2));
  EXPECT_DOUBLE_EQ(metrics.calibration[9].stated, 0.95);
  EXPECT_DOUBLE_EQ(metrics.calibration[9].observed, 1);
  EXPECT_DOUBLE_EQ(metrics.calibration[8].stated, below);
  EXPECT_DOUBLE_EQ(metrics.calibration[8].observed, 0);
}

TEST(MetricsTest, TheCalibrationErrorIsTheMeanDistanceOverTheRows) {
  // Bins at 0.2 (two rows, half of the class), at 0.8 (one row, of the class) and at 0.9 (one,
  // not).
  const Metrics metrics = MetricsOf(Binary({0, 1, 1, 0}, {.2, .2, .8, .9}), 1);
  EXPECT_DOUBLE_EQ(metrics.calibration_error, (2 * 0.3 + 0.2 + 0.9) / 4);
}

}  // namespace
}  // namespace silhouette
