#include "learn/models/naive_bayes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/models/test_data.h"

namespace silhouette {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;

std::vector<double> Predict(const Dataset& data, const std::vector<double>& rows) {
  const auto model = TrainNaiveBayes(data, AllRowsOf(data));
  EXPECT_TRUE(model.ok()) << model.status();
  std::vector<double> probabilities;
  EXPECT_TRUE((*model)->Predict(rows, &probabilities).ok());
  return probabilities;
}

// The expected figures, by Debian 12's scikit-learn 1.2.1:
//
// import numpy as np
// from sklearn.naive_bayes import GaussianNB
// i = np.arange(12); x = np.c_[i * 5 % 12, i * i % 7 - 3]
// for y in (i * 5 % 12 + i % 4 > 6) * 1, i * 7 % 12 // 4:
//     print(y, GaussianNB().fit(x, y).predict_proba([[4, 0], [10, 2.5], [-1, -3]]).tolist())
TEST(NaiveBayesTest, ProbabilitiesOfTwoClassesAreScikitLearns) {
  const std::vector<double> expected = {0.9445826376406423,     0.055417362359357604,
                                        1.3353380624500853e-05, 0.9999866466193758,
                                        0.9999989163785373,     1.0836214625693097e-06};
  const Dataset data = TwelveRows({0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1});
  EXPECT_THAT(Predict(data, {4, 0, 10, 2.5, -1, -3}), Pointwise(DoubleNear(1e-12), expected));
}

TEST(NaiveBayesTest, ProbabilitiesOfThreeClassesAreScikitLearns) {
  const std::vector<double> expected = {
      0.21637442539814186, 0.0048243234284886015, 0.7788012511733696,
      0.9999999999223856,  8.05138167689391e-15,  7.760612934112746e-11,
      0.9358691235643319,  2.973302192244292e-10, 0.06413087613833784};
  const Dataset data = TwelveRows({0, 1, 0, 2, 1, 2, 1, 0, 2, 0, 2, 1});
  EXPECT_THAT(Predict(data, {4, 0, 10, 2.5, -1, -3}), Pointwise(DoubleNear(1e-12), expected));
}

TEST(NaiveBayesTest, ARowFarFromAllClassesHasProbabilitiesYet) {
  const Dataset data = TwelveRows({0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1});
  const std::vector<double> far = Predict(data, {1e9, -1e9});
  EXPECT_DOUBLE_EQ(far[0] + far[1], 1);
}

TEST(NaiveBayesTest, WhereNothingVariesTheClassesSharesAreTheProbabilities) {
  Dataset data = TwelveRows({0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1});
  for (double& value : data.features) value = 7;
  const std::vector<double> shares = {0.25, 0.75};
  EXPECT_THAT(Predict(data, {7, 7}), Pointwise(DoubleNear(1e-12), shares));
}

}  // namespace
}  // namespace silhouette
