#include "learn/simulate/spread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace silhouette::simulate {
namespace {

struct Moments {
  double mean, stddev, median;
};

Moments MomentsOf(std::vector<double> values) {
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {mean, std::sqrt(squares / (count - 1)), median};
}

void ExpectReached(const SpreadTarget& target) {
  Random random(7);
  const std::vector<double> values = SpreadAroundMedian(target, random);
  ASSERT_EQ(values.size(), target.count);
  const Moments moments = MomentsOf(values);
  EXPECT_NEAR(moments.mean, target.mean, 0.001 * target.mean);
  EXPECT_NEAR(moments.stddev, target.stddev, 0.01 * target.stddev);
  EXPECT_NEAR(moments.median, target.median, 0.001 * target.median);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), target.low);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), target.high);
}

TEST(SpreadTest, ReachesTheMomentsOfSizesWithAMeanBelowTheMedian) {
  ExpectReached({.count = 105,
                 .mean = 962,
                 .stddev = 309,
                 .median = 1092,
                 .low = 60,
                 .high = 1300,
                 .least_short_side = 5});
  ExpectReached({.count = 128,
                 .mean = 965,
                 .stddev = 232,
                 .median = 1015,
                 .low = 60,
                 .high = 1300,
                 .least_short_side = 5});
}

TEST(SpreadTest, ReachesTheMomentsOfSizesWithAMeanAboveTheMedian) {
  ExpectReached({.count = 90,
                 .mean = 850,
                 .stddev = 200,
                 .median = 790,
                 .low = 60,
                 .high = 1300,
                 .least_short_side = 5});
}

TEST(SpreadTest, ReachesTheMomentsOfBurstyGaps) {
  ExpectReached({.count = 104,
                 .mean = 4800,
                 .stddev = 6670,
                 .median = 1226,
                 .low = 20,
                 .high = 125'000,
                 .least_short_side = 400});
}

TEST(SpreadTest, HoldsTheMedianAndTheBoundsWhenTheMomentsCannotBeReached) {
  const SpreadTarget target = {.count = 50,
                               .mean = 900,
                               .stddev = 2000,
                               .median = 1200,
                               .low = 60,
                               .high = 1300,
                               .least_short_side = 5};
  Random random(7);
  const std::vector<double> values = SpreadAroundMedian(target, random);
  EXPECT_NEAR(MomentsOf(values).median, 1200, 0.01);
  EXPECT_NEAR(MomentsOf(values).mean, 900, 1);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), target.low);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), target.high);
}

TEST(SpreadTest, FourValuesAreEnough) {
  Random random(7);
  EXPECT_EQ(
      SpreadAroundMedian({.count = 4, .mean = 5, .stddev = 2, .median = 5, .high = 10}, random)
          .size(),
      4u);
}

}  // namespace
}  // namespace silhouette::simulate
