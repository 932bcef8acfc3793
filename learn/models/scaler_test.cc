#include "learn/models/scaler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace silhouette {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

Dataset Rows(const std::vector<double>& features) {
  Dataset data;
  data.feature_names = {"a", "b"};
  data.features = features;
  data.label.resize(features.size() / 2);
  return data;
}

TEST(StandardizerTest, FeaturesAreInPopulationDeviationsFromTheirMean) {
  const Dataset data = Rows({1, 10, 3, 30, 5, 20});
  const Dataset scaled = Standardizer(data, std::vector<size_t>{0, 1, 2}).Apply(data);
  // Squared deviations add up to 8 and 200, of three rows.
  EXPECT_THAT(scaled.features,
              ElementsAre(DoubleNear(-2 / std::sqrt(8.0 / 3), 1e-12),
                          DoubleNear(-10 / std::sqrt(200.0 / 3), 1e-12), DoubleNear(0, 1e-12),
                          DoubleNear(10 / std::sqrt(200.0 / 3), 1e-12),
                          DoubleNear(2 / std::sqrt(8.0 / 3), 1e-12), DoubleNear(0, 1e-12)));
}

TEST(StandardizerTest, OnlyTheGivenRowsAreLearntFrom) {
  const Dataset data = Rows({1, 10, 3, 30, 1000, -1000});
  const Dataset scaled = Standardizer(data, std::vector<size_t>{0, 1}).Apply(data);
  EXPECT_THAT(scaled.features, ElementsAre(-1, -1, 1, 1, 998, -102));
}

TEST(StandardizerTest, AConstantFeatureBecomesZeroAlsoWhereItsMeanIsRounded) {
  const Dataset data = Rows({0.1, 1e9, 0.1, 1e9, 0.1, 1e9});
  const Dataset scaled = Standardizer(data, std::vector<size_t>{0, 1, 2}).Apply(data);
  EXPECT_THAT(scaled.features, ::testing::Each(DoubleNear(0, 1e-12)));
}

}  // namespace
}  // namespace silhouette
