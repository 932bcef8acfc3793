#include "feature-svc/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace silhouette {
namespace {

using Values = std::vector<int64_t>;

double Mean(const Values& values) { return MomentsOf(values).Mean(); }
double SampleStd(const Values& values) { return MomentsOf(values).SampleStd(values); }
double MedianOf(Values values) { return Median(values, MomentsOf(values).bits()); }

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
    EXPECT_EQ(MedianOf(values), (lower + upper) / 2);
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
  EXPECT_EQ(MedianOf(values), static_cast<double>(kBig) / 2);
}

TEST(Statistics, ASmallSpreadOfBigValuesIsNotLost) {
  constexpr int64_t kBig = int64_t{1} << 42;
  EXPECT_EQ(SampleStd(Values{kBig - 1, kBig, kBig - 2}), 1);
}

TEST(Statistics, TheMedianIsThatOfTheSortedValuesHoweverTheyLie) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 500; ++round) {
    const int bits = 1 + static_cast<int>(random() % 42);
    Values values = RandomValues(&random, 1 + random() % 300, int64_t{1} << bits);
    if (round % 3 == 0) values[random() % values.size()] = (int64_t{1} << 42) - 1;  // an outlier
    Values sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const size_t n = sorted.size();
    const double expected =
        (static_cast<double>(sorted[(n - 1) / 2]) + static_cast<double>(sorted[n / 2])) / 2;
    EXPECT_EQ(MedianOf(values), expected) << n << " values of " << bits << " bits";
  }
}

TEST(Statistics, SortingIsThatOfTheStandardLibrary) {
  std::mt19937_64 random(3);
  Values spare;
  for (int round = 0; round < 300; ++round) {
    Values values =
        RandomValues(&random, random() % 400, int64_t{1} << (1 + static_cast<int>(random() % 62)));
    Values sorted = values;
    std::sort(sorted.begin(), sorted.end());
    SortValues(values, &spare);
    EXPECT_EQ(values, sorted);
  }
}

TEST(Statistics, QuantilesLieBetweenNeighboursByTheirDistance) {
  const Values sorted = {1, 2, 4, 8};
  EXPECT_EQ(QuantileOfSorted(sorted, 0), 1);
  EXPECT_EQ(QuantileOfSorted(sorted, 1), 1.75);
  EXPECT_EQ(QuantileOfSorted(sorted, 2), 3);
  EXPECT_EQ(QuantileOfSorted(sorted, 3), 5);
  EXPECT_EQ(QuantileOfSorted(sorted, 4), 8);
  EXPECT_EQ(QuantileOfSorted(Values{5}, 3), 5);
  EXPECT_EQ(QuantileOfSorted({}, 1), 0);
}

TEST(Statistics, EntropyIsInBitsAndIndependentOfTheOrder) {
  const auto entropy = [](Values counts) { return Entropy(counts); };
  EXPECT_EQ(entropy({}), 0);
  EXPECT_EQ(entropy({7}), 0);
  EXPECT_EQ(entropy({3, 3, 3, 3}), 2);
  EXPECT_DOUBLE_EQ(entropy({1, 3}), 0.25 * 2 + 0.75 * std::log2(4.0 / 3));
  EXPECT_EQ(entropy({5, 1, 9, 2}), entropy({9, 2, 1, 5}));
}

}  // namespace
}  // namespace silhouette
