#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/evaluation/metrics.h"

namespace silhouette {
namespace {

struct Scored {
  Predictions predictions;
  std::vector<int64_t> block;

  void Add(int64_t in_block, size_t truth, double probability) {
    predictions.classes = 2;
    predictions.row.push_back(block.size());
    predictions.truth.push_back(truth);
    predictions.said.push_back(probability >= 0.5 ? 1 : 0);
    predictions.probabilities.push_back(1 - probability);
    predictions.probabilities.push_back(probability);
    block.push_back(in_block);
  }
  Intervals IntervalsOf(uint64_t seed = 7) const {
    return BootstrapIntervals(predictions, block, 1, seed);
  }
};

// Both classes in each block, with ties.
Scored EightBlocks() {
  Scored scored;
  for (size_t i = 0; i < 40; ++i) {
    const size_t truth = (i / 5 + (i % 6 == 0 ? 1 : 0)) % 2;
    scored.Add(static_cast<int64_t>(i / 5), truth, static_cast<double>(i * 7 % 8 + 2 * truth) / 10);
  }
  return scored;
}

void ExpectInterval(const Interval& interval, double low, double high) {
  EXPECT_DOUBLE_EQ(interval.low, low);
  EXPECT_DOUBLE_EQ(interval.high, high);
}

// The expected figures, by Debian 12's scikit-learn 1.2.1 from each resample's rows:
//
// import numpy as np
// from sklearn.metrics import *
// def mt19937_64(seed):
//     m = 2**64 - 1; s = [seed]
//     for i in range(1, 312): s.append((6364136223846793005 * (s[-1] ^ s[-1] >> 62) + i) & m)
//     while True:
//         for i in range(312):
//             x = s[i] & ~(2**31 - 1) | s[(i + 1) % 312] & 2**31 - 1
//             y = s[i] = s[(i + 156) % 312] ^ x >> 1 ^ (0xb5026f5aa96619e9 if x & 1 else 0)
//             y ^= y >> 29 & 0x5555555555555555
//             y ^= y << 17 & 0x71d67fffeda60000
//             y ^= y << 37 & 0xfff7eee000000000
//             yield y ^ y >> 43
// i = np.arange(40); truth = (i // 5 + (i % 6 == 0)) % 2
// p = (i * 7 % 8 + 2 * truth) / 10; said = p >= .5
// r = mt19937_64(7); out = []
// for _ in range(1000):
//     rows = np.concatenate([np.arange(5) + 5 * (next(r) % 8) for _ in range(8)])
//     t, s = truth[rows], said[rows]
//     out.append([accuracy_score(t, s), precision_score(t, s), recall_score(t, s),
//                 f1_score(t, s), roc_auc_score(t, p[rows])])
// print(np.percentile(out, [2.5, 97.5], axis=0).T.tolist())
TEST(BootstrapTest, IntervalsAreThoseOfScikitLearnsFiguresOfEachResample) {
  const Intervals intervals = EightBlocks().IntervalsOf();
  ExpectInterval(intervals.accuracy, 0.4, 0.75);
  ExpectInterval(intervals.precision, 0.2496323529411765, 0.8889880952380951);
  ExpectInterval(intervals.recall, 0.2857142857142857, 0.7827404479578391);
  ExpectInterval(intervals.f1, 0.27018018018018014, 0.7932758620689654);
  ASSERT_TRUE(intervals.roc_auc.has_value());
  ExpectInterval(*intervals.roc_auc, 0.42854464285714283, 0.7945407268170426);
}

TEST(BootstrapTest, BlocksAreDrawnWhole) {
  Scored scored;
  for (int i = 0; i < 50; ++i) scored.Add(3, 1, 0.9);
  for (int i = 0; i < 50; ++i) scored.Add(-8, 1, 0.1);
  // Of two blocks, one right and one wrong, a quarter of the resamples holds only the one.
  ExpectInterval(scored.IntervalsOf().accuracy, 0, 1);
}

TEST(BootstrapTest, TheNamesOfBlocksDoNotMatter) {
  Scored scored = EightBlocks();
  const Intervals before = scored.IntervalsOf();
  for (int64_t& block : scored.block) block = 1000 - 7 * block;
  const Intervals after = scored.IntervalsOf();
  ExpectInterval(after.accuracy, before.accuracy.low, before.accuracy.high);
}

TEST(BootstrapTest, MoreBlocksMakeANarrowerInterval) {
  Scored few;
  Scored many;
  for (int i = 0; i < 400; ++i) {
    few.Add(i / 40, 1, i / 40 % 5 == 0 ? 0.1 : 0.9);
    many.Add(i, 1, i % 5 == 0 ? 0.1 : 0.9);
  }
  const Interval wide = few.IntervalsOf().accuracy;
  const Interval narrow = many.IntervalsOf().accuracy;
  EXPECT_LT(narrow.high - narrow.low, 0.5 * (wide.high - wide.low));
  // Binomial: 0.8 and 1.96 * sqrt(0.8 * 0.2 / 400) on either side.
  EXPECT_NEAR(narrow.low, 0.761, 0.01);
  EXPECT_NEAR(narrow.high, 0.839, 0.01);
}

TEST(BootstrapTest, ASingleBlockDoesNotLookCertain) {
  Scored scored;
  for (int i = 0; i < 100; ++i) scored.Add(0, i % 2 == 0 ? 1 : 0, i < 30 ? 0.5 : 0.2);
  const Intervals intervals = scored.IntervalsOf();
  EXPECT_LT(intervals.recall.low, 0.2);
  EXPECT_GT(intervals.recall.high, 0.4);
}

TEST(BootstrapTest, ASingleBlockOfFewRowsIsCutIntoThem) {
  Scored scored;
  for (double probability : {0.9, 0.1}) scored.Add(0, 1, probability);
  ExpectInterval(scored.IntervalsOf().accuracy, 0, 1);
}

TEST(BootstrapTest, ResamplesThatLackAClassAreLeftOutOfTheAreaUnderTheCurve) {
  // Blocks of one class each, five and five: one resample in 512 holds only the one.
  Scored scored;
  for (int i = 0; i < 200; ++i) {
    scored.Add(i / 20, static_cast<size_t>(i / 20 % 2), i % 3 == 0 ? 0.4 : i / 20 % 2 * 0.8);
  }
  EXPECT_TRUE(scored.IntervalsOf().roc_auc.has_value());
  for (size_t& truth : scored.predictions.truth) truth = 1;
  EXPECT_FALSE(scored.IntervalsOf().roc_auc.has_value());
}

TEST(BootstrapTest, NoRowsGiveZeros) {
  const Intervals intervals = Scored().IntervalsOf();
  ExpectInterval(intervals.accuracy, 0, 0);
  EXPECT_FALSE(intervals.roc_auc.has_value());
}

}  // namespace
}  // namespace silhouette
