#include "common/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

using Matrix = std::vector<std::vector<double>>;

// A chain and scores with gaps of one to three windows and a weight, all at random.
struct Case {
  size_t classes;
  Matrix transition;
  std::vector<double> prior;
  WindowScores scores;
  double evidence_weight = 0;
  double slope = 0;
  std::vector<double> bias = {};

  // Calibrated.
  double Probability(size_t window, size_t c) const {
    const auto power = [&](size_t i) {
      return std::pow(scores.probabilities[window * classes + i], slope == 0 ? 1 : slope) *
             std::exp(bias.empty() ? 0 : bias[i]);
    };
    double sum = 0;
    for (size_t i = 0; i < classes; ++i) sum += power(i);
    return power(c) / sum;
  }
  v1::TimelineModel Model() const {
    v1::TimelineModel model;
    for (const auto& row : transition) model.mutable_transition()->Add(row.begin(), row.end());
    model.mutable_prior()->Add(prior.begin(), prior.end());
    model.set_evidence_weight(evidence_weight);
    model.set_calibration_slope(slope);
    model.mutable_calibration_bias()->Add(bias.begin(), bias.end());
    return model;
  }
};

std::vector<double> RandomShares(std::mt19937* random, size_t n) {
  std::vector<double> shares(n);
  double sum = 0;
  for (double& share : shares) sum += share = 0.05 + (*random)() % 1000 / 1000.0;
  for (double& share : shares) share /= sum;
  return shares;
}

Case RandomCase(std::mt19937* random, size_t classes, size_t windows) {
  Case made{classes, {}, RandomShares(random, classes), {}};
  constexpr double kWeights[] = {0, 0.05, 0.3, 1};
  made.evidence_weight = kWeights[(*random)() % 4];
  constexpr double kSlopes[] = {0, 1, 0.5, 2};
  made.slope = kSlopes[(*random)() % 4];
  for (size_t c = 0; c < classes && (*random)() % 4 != 0; ++c) {
    made.bias.resize(classes);
    made.bias[c] = (*random)() % 200 / 100.0 - 1;
  }
  for (size_t c = 0; c < classes; ++c) made.transition.push_back(RandomShares(random, classes));
  int64_t window = -5;
  for (size_t t = 0; t < windows; ++t) {
    made.scores.window.push_back(window += 1 + static_cast<int64_t>((*random)() % 3));
    for (double p : RandomShares(random, classes)) {
      made.scores.probabilities.push_back(static_cast<float>(p));
    }
  }
  return made;
}

// Chance to go from one class to another in `steps` windows: the sum over all ways in between.
double Go(const Case& c, size_t from, size_t to, int64_t steps) {
  if (steps == 1) return c.transition[from][to];
  double sum = 0;
  for (size_t via = 0; via < c.classes; ++via) {
    sum += c.transition[from][via] * Go(c, via, to, steps - 1);
  }
  return sum;
}

// Weight of a path over the first windows: its joint probability with the scores, up to a factor.
double Weight(const Case& c, const std::vector<size_t>& path) {
  double weight = c.prior[path[0]];
  for (size_t t = 0; t < path.size(); ++t) {
    if (t > 0) {
      weight *= Go(c, path[t - 1], path[t], c.scores.window[t] - c.scores.window[t - 1]);
    }
    const double likelihood = c.Probability(t, path[t]) / c.prior[path[t]];
    weight *= c.evidence_weight == 0 ? likelihood : std::pow(likelihood, c.evidence_weight);
  }
  return weight;
}

void ForEachPath(const Case& c, size_t length,
                 const std::function<void(const std::vector<size_t>&)>& visit) {
  std::vector<size_t> path(length, 0);
  while (true) {
    visit(path);
    size_t t = 0;
    while (t < length && ++path[t] == c.classes) path[t++] = 0;
    if (t == length) return;
  }
}

// Probability of each class at `window`, from the first `length` windows.
std::vector<double> Marginal(const Case& c, size_t window, size_t length) {
  std::vector<double> sums(c.classes, 0);
  double all = 0;
  ForEachPath(c, length, [&](const std::vector<size_t>& path) {
    sums[path[window]] += Weight(c, path);
    all += Weight(c, path);
  });
  for (double& sum : sums) sum /= all;
  return sums;
}

TEST(Timeline, ForwardIsTheSumOverAllPathsUpToEachWindow) {
  std::mt19937 random(1);
  for (int round = 0; round < 30; ++round) {
    const Case c = RandomCase(&random, 2 + round % 2, 1 + round % 6);
    const auto states = ForwardTimeline(c.Model(), c.scores);
    ASSERT_EQ(states.size(), c.scores.window.size());
    for (size_t t = 0; t < states.size(); ++t) {
      const auto expected = Marginal(c, t, t + 1);
      EXPECT_NEAR(states[t].probability, expected[states[t].class_index], 1e-9);
      EXPECT_NEAR(states[t].probability, *std::max_element(expected.begin(), expected.end()), 1e-9);
    }
  }
}

TEST(Timeline, ViterbiIsTheBestOfAllPathsWithTheProbabilitiesGivenAllWindows) {
  std::mt19937 random(2);
  for (int round = 0; round < 30; ++round) {
    const Case c = RandomCase(&random, 2 + round % 2, 1 + round % 6);
    const auto states = ViterbiTimeline(c.Model(), c.scores);
    ASSERT_EQ(states.size(), c.scores.window.size());
    std::vector<size_t> path;
    for (const SmoothedWindow& state : states) path.push_back(state.class_index);
    double best = 0;
    ForEachPath(c, path.size(),
                [&](const std::vector<size_t>& p) { best = std::max(best, Weight(c, p)); });
    EXPECT_NEAR(Weight(c, path), best, 1e-12 * best);
    for (size_t t = 0; t < states.size(); ++t) {
      EXPECT_NEAR(states[t].probability, Marginal(c, t, path.size())[path[t]], 1e-9);
    }
  }
}

TEST(Timeline, PosteriorIsTheSumOverAllPaths) {
  std::mt19937 random(5);
  for (int round = 0; round < 30; ++round) {
    const Case c = RandomCase(&random, 2 + round % 2, 1 + round % 6);
    const size_t windows = c.scores.window.size();
    const auto posterior = PosteriorTimeline(c.Model(), c.scores);
    ASSERT_EQ(posterior.size(), windows * c.classes);
    for (size_t t = 0; t < windows; ++t) {
      const auto expected = Marginal(c, t, windows);
      for (size_t i = 0; i < c.classes; ++i) {
        EXPECT_NEAR(posterior[t * c.classes + i], expected[i], 1e-9);
      }
    }
  }
}

TEST(Timeline, CalibratedProbabilitiesAddUpToOne) {
  std::mt19937 random(6);
  const Case c = RandomCase(&random, 3, 20);
  const auto calibrated = CalibratedProbabilities(c.Model(), c.scores);
  ASSERT_EQ(calibrated.size(), 60u);
  for (size_t t = 0; t < 20; ++t) {
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(calibrated[3 * t + i], c.Probability(t, i), 1e-12);
      sum += calibrated[3 * t + i];
    }
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(Timeline, TheLiveOneHasAWeightOfItsOwn) {
  std::mt19937 random(7);
  Case c = RandomCase(&random, 2, 6);
  c.evidence_weight = 0.3;
  v1::TimelineModel model = c.Model();
  model.set_live_evidence_weight(0.05);
  const auto posterior = PosteriorTimeline(model, c.scores);
  EXPECT_EQ(posterior, PosteriorTimeline(c.Model(), c.scores));
  c.evidence_weight = 0.05;
  const auto live = ForwardTimeline(model, c.scores), other = ForwardTimeline(c.Model(), c.scores);
  for (size_t t = 0; t < live.size(); ++t) EXPECT_EQ(live[t].probability, other[t].probability);
}

TEST(Timeline, ASmallerWeightIsLessSureOfTheSameWindows) {
  Case c{2, {{0.99, 0.01}, {0.01, 0.99}}, {0.5, 0.5}, {}};
  for (int64_t t = 0; t < 20; ++t) {
    c.scores.window.push_back(t);
    c.scores.probabilities.insert(c.scores.probabilities.end(), {0.25f, 0.75f});
  }
  double last = 1;
  for (double weight : {1.0, 0.5, 0.1, 0.01}) {
    c.evidence_weight = weight;
    const SmoothedWindow state = ViterbiTimeline(c.Model(), c.scores)[10];
    EXPECT_EQ(state.class_index, 1u);
    EXPECT_LT(state.probability, last);
    EXPECT_GT(state.probability, 0.5);
    last = state.probability;
  }
}

std::vector<double> OneStep(const Matrix& transition, const std::vector<double>& shares) {
  std::vector<double> next(shares.size(), 0);
  for (size_t from = 0; from < shares.size(); ++from) {
    for (size_t to = 0; to < shares.size(); ++to) next[to] += shares[from] * transition[from][to];
  }
  return next;
}

TEST(Timeline, AGapAppliesTheTransitionOnceAWindow) {
  Case cases[] = {
      {3, {{0.9, 0.08, 0.02}, {0.3, 0.6, 0.1}, {0.01, 0.01, 0.98}}, {0.25, 0.25, 0.5}, {}},
      {2, {{0, 1}, {1, 0}}, {0.25, 0.75}, {}},                        // never settles
      {2, {{1 - 1e-6, 1e-6}, {3e-6, 1 - 3e-6}}, {0.875, 0.125}, {}},  // not within 20,000 windows
  };
  for (Case& c : cases) {
    // Scores equal to the prior say nothing: what is left are prior and transitions.
    for (int i = 0; i < 2; ++i) {
      c.scores.probabilities.insert(c.scores.probabilities.end(), c.prior.begin(), c.prior.end());
    }
    std::vector<double> expected = c.prior;
    for (int64_t gap = 1; gap <= 20'000; ++gap) {
      expected = OneStep(c.transition, expected);
      if (gap > 40 && gap % 997 != 0) continue;
      c.scores.window = {7, 7 + gap};
      const auto posterior = PosteriorTimeline(c.Model(), c.scores);
      for (size_t i = 0; i < c.classes; ++i) {
        ASSERT_NEAR(posterior[c.classes + i], expected[i], 1e-12) << gap;
      }
    }
  }
}

TEST(Timeline, NoWindowsGiveNoStates) {
  std::mt19937 random(3);
  const Case c = RandomCase(&random, 2, 0);
  EXPECT_TRUE(ForwardTimeline(c.Model(), c.scores).empty());
  EXPECT_TRUE(ViterbiTimeline(c.Model(), c.scores).empty());
  EXPECT_TRUE(UnsmoothedTimeline(2, c.scores).empty());
}

TEST(Timeline, AfterALongGapTheStateIsForgotten) {
  Case c{2, {{0.99, 0.01}, {0.01, 0.99}}, {0.5, 0.5}, {{0, 1'000'000'000'000}, {}}};
  c.scores.probabilities = {0.99f, 0.01f, 0.49f, 0.51f};
  EXPECT_EQ(ForwardTimeline(c.Model(), c.scores)[1].class_index, 1u);
  c.scores.window[1] = 1;
  EXPECT_EQ(ForwardTimeline(c.Model(), c.scores)[1].class_index, 0u);
}

TEST(Timeline, WindowsThatComeBitByBitGiveTheSameForwardTimeline) {
  std::mt19937 random(7);
  const Case c = RandomCase(&random, 3, 40);
  const auto whole = ForwardTimeline(c.Model(), c.scores);
  for (size_t piece : {1, 2, 3, 100}) {
    ForwardFilter filter(c.Model());
    std::vector<SmoothedWindow> states;
    for (size_t from = 0; from < c.scores.window.size(); from += piece) {
      const size_t to = std::min(from + piece, c.scores.window.size());
      WindowScores some;
      for (size_t t = from; t < to; ++t) {
        some.window.push_back(c.scores.window[t]);
        for (size_t k = 0; k < c.classes; ++k) {
          some.probabilities.push_back(c.scores.probabilities[t * c.classes + k]);
        }
      }
      for (const SmoothedWindow& state : filter.Add(some)) states.push_back(state);
    }
    ASSERT_EQ(states.size(), whole.size());
    for (size_t t = 0; t < whole.size(); ++t) {
      EXPECT_EQ(states[t].class_index, whole[t].class_index);
      EXPECT_EQ(states[t].probability, whole[t].probability) << "window " << t;
    }
  }
}

TEST(Timeline, TheLongestGapEndsInTheStationaryShares) {
  // 1e-9 to go and 3e-9 to return: three in four windows are of the first class in the end.
  Case c{2, {{1 - 1e-9, 1e-9}, {3e-9, 1 - 3e-9}}, {0.5, 0.5}, {}};
  c.scores.window = {0, std::numeric_limits<int64_t>::max()};
  c.scores.probabilities = {0.01f, 0.99f, 0.5f, 0.5f};
  EXPECT_NEAR(ForwardTimeline(c.Model(), c.scores)[1].probability, 0.75, 1e-6);
}

TEST(Timeline, ProbabilitiesOfZeroAndLongRunsStayFinite) {
  Case c{2, {{1, 0}, {0, 1}}, {0.5, 0.5}, {}};
  for (int64_t t = 0; t < 5000; ++t) {
    c.scores.window.push_back(t);
    c.scores.probabilities.insert(c.scores.probabilities.end(),
                                  {t < 2000 ? 1.f : 0.f, t < 2000 ? 0.f : 1.f});
  }
  for (const auto& states :
       {ForwardTimeline(c.Model(), c.scores), ViterbiTimeline(c.Model(), c.scores)}) {
    for (const SmoothedWindow& state : states) {
      ASSERT_TRUE(state.probability >= 0 && state.probability <= 1) << state.probability;
    }
  }
}

TEST(Timeline, UnsmoothedIsEachWindowsMostProbableClass) {
  const auto states = UnsmoothedTimeline(2, {{0, 1}, {0.25f, 0.75f, 0.625f, 0.375f}});
  EXPECT_EQ(states[0].class_index, 1u);
  EXPECT_EQ(states[0].probability, 0.75);
  EXPECT_EQ(states[1].class_index, 0u);
  EXPECT_EQ(states[1].probability, 0.625);
}

TEST(TimelineModel, AGoodOnePasses) {
  std::mt19937 random(4);
  EXPECT_TRUE(CheckTimelineModel(RandomCase(&random, 3, 0).Model(), 3).ok());
}

TEST(TimelineModel, AWrongOneIsRefusedByWhatIsWrong) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  using Change = std::function<void(v1::TimelineModel*)>;
  const std::pair<std::string, Change> wrong[] = {
      {"1 priors", [](v1::TimelineModel* m) { m->mutable_prior()->RemoveLast(); }},
      {"3 transitions", [](v1::TimelineModel* m) { m->mutable_transition()->RemoveLast(); }},
      {"prior 0", [](v1::TimelineModel* m) { m->set_prior(0, 0); }},
      {"prior 1.5", [](v1::TimelineModel* m) { m->set_prior(0, 1.5); }},
      {"prior nan", [](v1::TimelineModel* m) { m->set_prior(0, kNan); }},
      {"weight -0.1", [](v1::TimelineModel* m) { m->set_evidence_weight(-0.1); }},
      {"weight 1.5", [](v1::TimelineModel* m) { m->set_evidence_weight(1.5); }},
      {"weight nan", [](v1::TimelineModel* m) { m->set_evidence_weight(kNan); }},
      {"weight 2", [](v1::TimelineModel* m) { m->set_live_evidence_weight(2); }},
      {"slope -1", [](v1::TimelineModel* m) { m->set_calibration_slope(-1); }},
      {"slope nan", [](v1::TimelineModel* m) { m->set_calibration_slope(kNan); }},
      {"1 calibration biases", [](v1::TimelineModel* m) { m->add_calibration_bias(0); }},
      {"bias nan",
       [](v1::TimelineModel* m) {
         m->add_calibration_bias(kNan);
         m->add_calibration_bias(0);
       }},
      {"transition -0.1", [](v1::TimelineModel* m) { m->set_transition(0, -0.1); }},
      {"transition nan", [](v1::TimelineModel* m) { m->set_transition(0, kNan); }},
      {"from class 1 add up to 0.9", [](v1::TimelineModel* m) { m->set_transition(3, 0.8); }},
  };
  for (const auto& [words, change] : wrong) {
    Case c{2, {{0.9, 0.1}, {0.1, 0.9}}, {0.5, 0.5}, {}};
    v1::TimelineModel model = c.Model();
    change(&model);
    const absl::Status status = CheckTimelineModel(model, 2);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
}

TEST(Segments, JoinNeighboursOfOneClassWithTheirMeanProbability) {
  const std::vector<SmoothedWindow> states = {{0, 0.5}, {0, 1.0}, {0, 0.75}, {1, 0.5}, {0, 0.25}};
  const std::vector<int64_t> windows = {10, 11, 12, 13, 14};
  const auto segments = JoinSegments(states, windows, 1);
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[0].class_index, 0u);
  EXPECT_EQ(segments[0].first, 0u);
  EXPECT_EQ(segments[0].count, 3u);
  EXPECT_DOUBLE_EQ(segments[0].confidence, 0.75);
  EXPECT_EQ(segments[1].first, 3u);
  EXPECT_EQ(segments[1].count, 1u);
  EXPECT_EQ(segments[2].first, 4u);
  EXPECT_DOUBLE_EQ(segments[2].confidence, 0.25);
}

TEST(Segments, EndAtAGapBeyondTheGreatestOne) {
  const std::vector<SmoothedWindow> states(4, {0, 1.0});
  const std::vector<int64_t> windows = {0, 1, 3, 6};
  EXPECT_EQ(JoinSegments(states, windows, 1).size(), 3u);
  EXPECT_EQ(JoinSegments(states, windows, 2).size(), 2u);
  EXPECT_EQ(JoinSegments(states, windows, 3).size(), 1u);
  EXPECT_TRUE(JoinSegments({}, {}, 1).empty());
}

}  // namespace
}  // namespace silhouette
