#include "learn/models/logistic_regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/models/test_data.h"

namespace silhouette {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;

std::vector<double> Predict(const Dataset& data) {
  const auto model = TrainLogisticRegression(data, AllRowsOf(data));
  EXPECT_TRUE(model.ok()) << model.status();
  std::vector<double> probabilities;
  EXPECT_TRUE((*model)->Predict(std::vector<double>{4, 0, 10, 2.5, -1, -3}, &probabilities).ok());
  return probabilities;
}

// The expected figures, by Debian 12's scikit-learn 1.2.1:
//
// import numpy as np
// from sklearn.linear_model import LogisticRegression
// i = np.arange(12); x = np.c_[i * 5 % 12, i * i % 7 - 3]
// for y in (i * 5 % 12 + i % 4 > 6) * 1, i * 7 % 12 // 4:
//     model = LogisticRegression(multi_class='ovr', solver='newton-cholesky', tol=1e-12).fit(x, y)
//     print(y, model.predict_proba([[4, 0], [10, 2.5], [-1, -3]]).tolist())
TEST(LogisticRegressionTest, ProbabilitiesOfTwoClassesAreScikitLearns) {
  const std::vector<double> expected = {0.8253859836084831,   0.17461401639151689,
                                        0.002837248793453262, 0.9971627512065467,
                                        0.9996119940303666,   0.0003880059696333541};
  EXPECT_THAT(Predict(TwelveRows({0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1})),
              Pointwise(DoubleNear(1e-9), expected));
}

TEST(LogisticRegressionTest, ProbabilitiesOfThreeClassesAreScikitLearns) {
  const std::vector<double> expected = {
      0.2085015004669049,  0.19707761284384273, 0.5944208866892525,
      0.5837415739407721,  0.21685715113319784, 0.19940127492603005,
      0.06217847747300433, 0.22314628033053305, 0.7146752421964626};
  EXPECT_THAT(Predict(TwelveRows({0, 1, 0, 2, 1, 2, 1, 0, 2, 0, 2, 1})),
              Pointwise(DoubleNear(1e-9), expected));
}

TEST(LogisticRegressionTest, ClassesThatAreFarApartConverge) {
  Dataset data = TwelveRows({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1});
  for (size_t row = 0; row < 12; ++row) data.features[2 * row] = data.label[row] * 2000 - 1000;
  const auto model = TrainLogisticRegression(data, AllRowsOf(data));
  EXPECT_TRUE(model.ok()) << model.status();
}

TEST(LogisticRegressionTest, FeaturesThatAreEqualOrConstantConverge) {
  Dataset data = TwelveRows({0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1});
  for (size_t row = 0; row < 12; ++row) data.features[2 * row + 1] = data.features[2 * row];
  EXPECT_TRUE(TrainLogisticRegression(data, AllRowsOf(data)).ok());
  for (double& value : data.features) value = 0;
  const std::vector<double> half(6, 0.5);
  EXPECT_THAT(Predict(data), Pointwise(DoubleNear(1e-9), half));
}

}  // namespace
}  // namespace silhouette
