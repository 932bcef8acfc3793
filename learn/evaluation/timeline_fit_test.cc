#include "learn/evaluation/timeline_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/timeline.h"
#include "learn/data/split.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

// Labels 0 0 0 0 1 1 1 1 0 0 0 0.
const Dataset kThreeBlocks = TakingTurns(3, 4);

TEST(TimelineFitTest, CountsStartAtOne) {
  const std::vector<size_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const v1::TimelineModel timeline = FitTransitions(kThreeBlocks, all);
  // From background: 6 stays and 1 step, plus one each; from person: 3 stays and 1 step.
  EXPECT_THAT(timeline.transition(), ElementsAre(DoubleEq(7.0 / 9), DoubleEq(2.0 / 9),
                                                 DoubleEq(2.0 / 6), DoubleEq(4.0 / 6)));
  EXPECT_THAT(timeline.prior(), ElementsAre(DoubleEq(9.0 / 14), DoubleEq(5.0 / 14)));
  EXPECT_TRUE(CheckTimelineModel(timeline, 2).ok());
}

TEST(TimelineFitTest, NeighboursAcrossAHoleAreNoTransition) {
  // The last two of block 0 and the first two of block 1 are missing.
  const v1::TimelineModel timeline = FitTransitions(kThreeBlocks, std::vector<size_t>{0, 1, 6, 7});
  EXPECT_THAT(timeline.transition(), ElementsAre(DoubleEq(2.0 / 3), DoubleEq(1.0 / 3),
                                                 DoubleEq(1.0 / 3), DoubleEq(2.0 / 3)));
}

TEST(TimelineFitTest, AHoleInTheWindowsNumbersIsNoTransition) {
  Dataset data = TakingTurns(2, 2);
  data.window = {0, 1, 7, 8};
  EXPECT_TRUE(data.AreNeighbours(0, 1));
  EXPECT_FALSE(data.AreNeighbours(1, 2));
  const v1::TimelineModel timeline = FitTransitions(data, std::vector<size_t>{0, 1, 2, 3});
  EXPECT_DOUBLE_EQ(timeline.transition(1), 1.0 / 3);
}

TEST(TimelineFitTest, WhatWasNeverSeenStaysPossible) {
  Dataset data = TakingTurns(2, 2);
  data.classes.push_back("unseen");
  EXPECT_TRUE(CheckTimelineModel(FitTransitions(data, std::vector<size_t>{0, 1, 2, 3}), 3).ok());
}

// Turns of 240 windows. Each score is said `copies` times in a row; three in four are right, in an
// order that neighbours say nothing about.
LeftOutSequence Repeated(uint64_t copies) {
  LeftOutSequence sequence;
  for (uint64_t t = 0; t < 9600; ++t) {
    const bool truth = t / 240 % 2 == 1;
    const bool said = ((t / copies) * 2654435761u % 1000 < 250) != truth;
    sequence.scores.window.push_back(static_cast<int64_t>(t));
    sequence.scores.probabilities.push_back(said ? 0.25f : 0.75f);
    sequence.scores.probabilities.push_back(said ? 0.75f : 0.25f);
    sequence.truth.push_back(truth ? 1 : 0);
  }
  return sequence;
}

TEST(EvidenceWeightTest, WindowsThatRepeatEachOtherWeighLess) {
  EXPECT_GE(FitEvidenceWeight(std::vector{Repeated(1)}), 0.75);
  // Said n times each, neighbours correlate by 1 - 1/n: weight 1 / (2n - 1).
  EXPECT_NEAR(FitEvidenceWeight(std::vector{Repeated(4)}), 1.0 / 7, 0.08);
  EXPECT_NEAR(FitEvidenceWeight(std::vector{Repeated(12)}), 1.0 / 23, 0.06);
}

TEST(EvidenceWeightTest, ATurnOfTheTruthIsNoLikenessOfNeighbours) {
  LeftOutSequence sequence;
  for (uint64_t t = 0; t < 4000; ++t) {
    const bool truth = t / 20 % 2 == 1;
    const float noise = static_cast<float>(t * 2654435761u % 1000) / 5000;
    sequence.scores.window.push_back(static_cast<int64_t>(t));
    sequence.scores.probabilities.push_back(truth ? 0.1f + noise : 0.7f + noise);
    sequence.scores.probabilities.push_back(truth ? 0.9f - noise : 0.3f - noise);
    sequence.truth.push_back(truth ? 1 : 0);
  }
  EXPECT_GE(FitEvidenceWeight(std::vector{sequence}), 0.8);
}

// What each window says is hardly news, so that by the formula no evidence ever outweighs that
// classes stay: a finished timeline that never changes.
TEST(TimelineFitTest, AWeightWithWhichTheFinishedTimelineChangesIsFound) {
  const LeftOutSequence sequence = Repeated(60);
  const Dataset data = TakingTurns(16, 240);
  const v1::TimelineModel timeline = FitTimeline(data, AllRows(data), {sequence});
  const auto rightly = [&](double weight) {
    v1::TimelineModel weighed = timeline;
    weighed.set_evidence_weight(weight);
    const size_t hits = CountHits(ViterbiTimeline(weighed, sequence.scores), sequence.truth);
    return static_cast<double>(hits) / static_cast<double>(sequence.truth.size());
  };
  EXPECT_LT(rightly(FitEvidenceWeight(std::vector{sequence})), 0.6);
  EXPECT_GT(rightly(timeline.evidence_weight()), 0.7);
}

TEST(EvidenceWeightTest, ItIsOneWhereNothingWasLeftOut) { EXPECT_EQ(FitEvidenceWeight({}), 1); }

}  // namespace
}  // namespace silhouette
