#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "learn/data/dataset.h"
#include "learn/evaluation/alarms.h"
#include "learn/evaluation/predictions.h"
#include "learn/models/trainer.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// How a model that raises alarms is trained and judged. Class 0 is nothing to tell of.
struct DetectionOptions {
  TrainerParameters parameters = {
      .num_boost_round = 80, .max_depth = 4, .eta = 0.15, .balanced = true, .binned = true};
  // Rows of a source that are trained on, at the most: a week must not outweigh a minute.
  size_t most_rows = 600;
  // A threshold is the least by which no more false alarms come, of one class, on one device a day,
  // of the sources that were watched for a day and longer; and by which no more than one in 20 of
  // the others raises any.
  double alarms_per_day = 0.25;
  // Windows of a class at most so far apart are one alarm; where a class is named here, by the
  // index that it has, if there are so many.
  int64_t quiet_ns = 60'000'000'000;
  std::map<size_t, size_t> least_windows;
  // Share of windows of sources that training never saw which may be called unknown; 0: none is.
  double unknown_share = 0.002;
};

// What goes with a booster: all but the trees.
struct DetectorParts {
  v1::Calibration calibration;
  std::vector<double> thresholds;  // by class; with `unknown` where there is a novelty
  double radius_factor = 1;        // of the novelty's radii; 0: no novelty
};

// What was said of rows whose source was left out.
struct LeftOutRows {
  Predictions raw;                 // as the boosters said it; sorted by row
  std::vector<double> radii_away;  // of each row: see Novelty; empty without one
};

// A row's probabilities as serving gives them: calibrated, and `unknown` behind them.
std::vector<double> ServedProbabilities(const LeftOutRows& rows, size_t i,
                                        const DetectorParts& parts);

// What the options say of alarms, in windows of the data.
AlarmRule AlarmRuleOf(const Dataset& data, const DetectionOptions& options);

// Calibration, thresholds and the novelty's factor from left-out rows, but those that `skip` (may
// be null) says.
DetectorParts FitParts(const Dataset& data, const LeftOutRows& left_out,
                       const DetectionOptions& options,
                       const std::function<bool(size_t row)>& skip = nullptr);

}  // namespace silhouette
