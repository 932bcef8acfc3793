#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"
#include "learn/evaluation/alarms.h"
#include "learn/evaluation/detector_parts.h"
#include "learn/evaluation/metrics.h"
#include "learn/evaluation/predictions.h"

namespace silhouette {

struct DetectionResult {
  std::string split_title;
  bool leaks = false;
  Predictions predictions;  // calibrated; `said` by thresholds, data.classes.size() for unknown
  Metrics metrics;          // with one class more than the data: unknown
  // Of F1, by class: 1000 samples of whole sources, drawn with replacement among those that hold
  // the same classes.
  std::vector<Interval> f1;
  uint64_t unknown = 0;  // rows that were called so
  JudgedAlarms alarms;
};

using DetectionProgress = std::function<void(size_t done, size_t steps, const std::string& what)>;

// Rows of a training part, no more than `most` of each source.
std::vector<size_t> ThinnedBySource(const Dataset& data, std::span<const size_t> rows, size_t most);

// Trains on each fold's training part and tells what it says of its test part, silent windows left
// out. Errors: as TrainModel.
absl::StatusOr<LeftOutRows> LeaveOut(const Dataset& data, const Split& split,
                                     const DetectionOptions& options,
                                     const DetectionProgress& progress = nullptr);

// Judges by left-out rows: what goes with the boosters is fitted on other sources than the one that
// is judged.
DetectionResult JudgeDetection(const Dataset& data, const Split& split, const LeftOutRows& left_out,
                               const DetectionOptions& options);

}  // namespace silhouette
