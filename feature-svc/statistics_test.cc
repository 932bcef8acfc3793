#include "feature-svc/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace silhouette {
namespace {

using Values = std::vector<int64_t>;

double MedianOf(Values values) { return Median(values); }

Values RandomValues(std::mt19937_64* random, size_t count, int64_t limit) {
  Values values(count);
  for (int64_t& v : values) v = static_cast<int64_t>((*random)() % static_cast<uint64_t>(limit));
  return values;
}

TEST(Statistics, OfNoValuesAreZero) {
  EXPECT_EQ(Mean({}), 0);
  EXPECT_EQ(SampleStd({}), 0);
  EXPECT_EQ(MedianOf({}), 0);
}

TEST(Statistics, OfOneValueAreItselfAndNoSpread) {
  EXPECT_EQ(Mean(Values{7}), 7);
  EXPECT_EQ(SampleStd(Values{7}), 0);
  EXPECT_EQ(MedianOf({7}), 7);
}

TEST(Statistics, AreThoseOfTheTextbook) {
  EXPECT_EQ(Mean(Values{2, 4, 4, 4, 5, 5, 7, 9}), 5);
  EXPECT_DOUBLE_EQ(SampleStd(Values{2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
  EXPECT_EQ(MedianOf({9, 2, 7, 4, 5}), 5);
  EXPECT_EQ(MedianOf({9, 2, 7, 4}), 5.5);
  EXPECT_EQ(MedianOf({3, 3}), 3);
}

TEST(Statistics, EqualValuesHaveNoSpreadWhateverTheirSize) {
  EXPECT_EQ(SampleStd(Values(1000, (int64_t{1} << 42) - 1)), 0);
}

TEST(Statistics, AgreeWithLongDoublesOnRandomValues) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    Values values = RandomValues(&random, 2 + random() % 500, int64_t{1} << (1 + random() % 42));
    const auto n = static_cast<long double>(values.size());
    long double sum = 0, squares = 0;
    for (int64_t v : values) sum += static_cast<long double>(v);
    const long double mean = sum / n;
    for (int64_t v : values) squares += (v - mean) * (v - mean);
    const auto expected = static_cast<double>(std::sqrt(squares / (n - 1)));
    EXPECT_NEAR(Mean(values), static_cast<double>(mean), 1e-14 * static_cast<double>(mean));
    EXPECT_NEAR(SampleStd(values), expected, 1e-12 * expected);
    Values sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const double upper = static_cast<double>(sorted[sorted.size() / 2]);
    const double lower = static_cast<double>(sorted[(sorted.size() - 1) / 2]);
    EXPECT_EQ(Median(values), (lower + upper) / 2);
  }
}

TEST(Statistics, DoNotDependOnTheOrderToTheLastBit) {
  std::mt19937_64 random(2);
  Values values = RandomValues(&random, 1001, int64_t{1} << 42);
  const double mean = Mean(values), std = SampleStd(values), median = MedianOf(values);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_EQ(Mean(values), mean);
    EXPECT_EQ(SampleStd(values), std);
    EXPECT_EQ(MedianOf(values), median);
  }
}

TEST(Statistics, ManyBigValuesDoNotOverflow) {
  constexpr int64_t kBig = int64_t{1} << 42;
  Values values(size_t{1} << 20, kBig);
  std::fill(values.begin(), values.begin() + (1 << 19), int64_t{0});
  const double n = static_cast<double>(values.size());
  EXPECT_EQ(Mean(values), static_cast<double>(kBig) / 2);
  EXPECT_DOUBLE_EQ(SampleStd(values), static_cast<double>(kBig) / 2 * std::sqrt(n / (n - 1)));
  EXPECT_EQ(Median(values), static_cast<double>(kBig) / 2);
}

TEST(Statistics, ASmallSpreadOfBigValuesIsNotLost) {
  constexpr int64_t kBig = int64_t{1} << 42;
  EXPECT_EQ(SampleStd(Values{kBig - 1, kBig, kBig - 2}), 1);
}

}  // namespace
}  // namespace silhouette
