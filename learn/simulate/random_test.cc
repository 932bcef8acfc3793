#include "learn/simulate/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "learn/simulate/portable_math.h"

namespace silhouette::simulate {
namespace {

TEST(RandomTest, FirstNumbersOfSeedOneAreTheSameEverywhere) {
  Random random(1);
  EXPECT_EQ(random.NextUint64(), 0xb3f2af6d0fc710c5u);
  EXPECT_EQ(random.NextUint64(), 0x853b559647364ceau);
}

TEST(RandomTest, ForkDoesNotDependOnWhatWasDrawn) {
  Random drawn(5);
  drawn.NextUint64();
  EXPECT_EQ(drawn.Fork(3).NextUint64(), Random(5).Fork(3).NextUint64());
  EXPECT_NE(Random(5).Fork(3).NextUint64(), Random(5).Fork(4).NextUint64());
  EXPECT_NE(Random(5).Fork(3).NextUint64(), Random(6).Fork(3).NextUint64());
}

TEST(RandomTest, NormalHasMeanZeroVarianceOneAndNormalTails) {
  Random random(2);
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.Normal();
    sum += value;
    squares += value * value;
    beyond_two += std::abs(value) > 2 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.0455, 0.002);
}

TEST(RandomTest, ExponentialHasItsMean) {
  Random random(3);
  constexpr int kDraws = 100'000;
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) sum += random.Exponential(7);
  EXPECT_NEAR(sum / kDraws, 7, 0.1);
}

TEST(RandomTest, UniformIntReachesBothEndsAndNothingElse) {
  Random random(4);
  std::vector<int> seen(4, 0);
  for (int i = 0; i < 4000; ++i) ++seen.at(static_cast<size_t>(random.UniformInt(-1, 2) + 1));
  for (int count : seen) EXPECT_NEAR(count, 1000, 120);
}

TEST(RandomTest, ShuffleKeepsTheValues) {
  Random random(5);
  std::vector<int> values = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<int> before = values;
  random.Shuffle(values);
  EXPECT_NE(values, before);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, before);
}

TEST(PortableMathTest, AgreesWithTheLibraryToFourteenDigits) {
  for (double x = 1e-9; x < 1e9; x *= 1.37) {
    EXPECT_NEAR(PortableLog(x), std::log(x), 1e-14 * std::max(1.0, std::abs(std::log(x))));
  }
  for (double x = -50; x < 50; x += 0.173) {
    EXPECT_NEAR(PortableExp(x) / std::exp(x), 1, 1e-14);
  }
}

}  // namespace
}  // namespace silhouette::simulate
