#include "learn/evaluation/detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "learn/data/split.h"

namespace silhouette {
namespace {

// Sources of 60 windows each; a scan has many peers and a flood many packets. The last of each
// three sources is simulated.
Dataset ThreeKinds(size_t of_each) {
  Dataset data;
  data.feature_names = {"all_packets", "peers_ratio"};
  data.classes = {"benign", "scan", "flood"};
  data.hop_ns = 5'000'000'000;
  data.margin = 0;
  std::mt19937_64 random(1);
  const auto around = [&](double middle) {
    return middle * (1 + static_cast<double>(random() % 100) / 200);
  };
  for (size_t source = 0; source < 3 * of_each; ++source) {
    const int label = static_cast<int>(source % 3);
    data.source_names.push_back("source " + std::to_string(source));
    data.simulated_sources.push_back(source / 3 % 3 == 2);
    for (int64_t window = 0; window < 60; ++window) {
      data.features.push_back(around(label == 2 ? 5000 : 30));
      data.features.push_back(around(label == 1 ? 200 : 3));
      data.label.push_back(label);
      data.window.push_back(window);
      data.source.push_back(source);
      data.sequence.push_back(source);
      data.block.push_back(static_cast<int64_t>(source));
    }
  }
  return data;
}

DetectionOptions Quick() {
  DetectionOptions options;
  options.parameters.num_boost_round = 20;
  return options;
}

DetectionResult Judge(const Dataset& data) {
  const auto split = MakeSplit(data, "by-source", SplitOptions());
  EXPECT_TRUE(split.ok()) << split.status();
  const auto left_out = LeaveOut(data, *split, Quick());
  EXPECT_TRUE(left_out.ok()) << left_out.status();
  return JudgeDetection(data, *split, *left_out, Quick());
}

TEST(DetectionTest, EachEventOfASourceThatTrainingNeverSawIsFound) {
  const DetectionResult result = Judge(ThreeKinds(6));
  EXPECT_FALSE(result.leaks);
  ASSERT_EQ(result.alarms.events.size(), 8U);
  for (const JudgedEvent& event : result.alarms.events) EXPECT_EQ(event.delay, 0);
  EXPECT_GT(result.metrics.by_class[1].f1, 0.95);
}

TEST(DetectionTest, SimulatedSourcesAreNeverJudged) {
  const Dataset data = ThreeKinds(6);
  for (size_t row : Judge(data).predictions.row) EXPECT_FALSE(data.IsSimulated(row));
}

TEST(DetectionTest, WindowsWithoutAPacketAreJudgedByNobody) {
  Dataset data = ThreeKinds(6);
  data.features[0] = 0;
  data.features[1] = 0.25;  // of a device that spoke before
  const DetectionResult result = Judge(data);
  EXPECT_NE(result.predictions.row.front(), 0U);
}

TEST(DetectionTest, NoSourceIsTrainedOnMoreThanTheOthers) {
  const Dataset data = ThreeKinds(3);
  const std::vector<size_t> thinned = ThinnedBySource(data, AllRows(data), 10);
  EXPECT_EQ(thinned.size(), 90U);
  EXPECT_TRUE(std::is_sorted(thinned.begin(), thinned.end()));
}

// Rows of one benign source, ten hours apart, and what was said of scan there.
LeftOutRows Benign(Dataset* data, const std::vector<double>& scan) {
  data->feature_names = {"packets"};
  data->classes = {"benign", "scan"};
  data->hop_ns = 3'600'000'000'000;
  data->source_names = {"a"};
  LeftOutRows left_out;
  left_out.raw.classes = 2;
  for (size_t i = 0; i < scan.size(); ++i) {
    data->features.push_back(1);
    data->label.push_back(0);
    data->window.push_back(static_cast<int64_t>(10 * i));
    data->source.push_back(0);
    data->sequence.push_back(0);
    left_out.raw.row.push_back(i);
    left_out.raw.truth.push_back(0);
    left_out.raw.said.push_back(0);
    left_out.raw.probabilities.insert(left_out.raw.probabilities.end(), {1 - scan[i], scan[i]});
  }
  return left_out;
}

TEST(DetectionTest, AThresholdAllowsAsManyAlarmsAsAreAskedForOnLongSources) {
  Dataset data;
  std::vector<double> probabilities(120, 0.001);  // so that the calibration leaves the others high
  for (const auto& [place, probability] : {std::pair{30, 0.95}, {60, 0.97}, {90, 0.99}}) {
    probabilities[static_cast<size_t>(place)] = probability;
  }
  const LeftOutRows left_out = Benign(&data, probabilities);
  DetectionOptions options;
  options.alarms_per_day = 0;
  const double none = FitParts(data, left_out, options).thresholds[1];
  options.alarms_per_day = 0.03;  // of some fifty days: one
  const double one = FitParts(data, left_out, options).thresholds[1];
  options.alarms_per_day = 100;
  const double all = FitParts(data, left_out, options).thresholds[1];
  EXPECT_GT(none, one);
  EXPECT_GT(one, all);
  EXPECT_EQ(all, 2.0 / 3);
}

}  // namespace
}  // namespace silhouette
