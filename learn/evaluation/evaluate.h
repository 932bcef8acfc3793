#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/timeline.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"
#include "learn/evaluation/metrics.h"
#include "learn/evaluation/predictions.h"
#include "learn/models/classifier.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// By which rows features are standardised, for kinds that want it. All rows leak: the test part's
// mean and spread are known in training, as in some published figures.
enum class ScaleBy { kTrainingRows, kAllRows };

struct EvaluateOptions {
  size_t positive = 1;  // class of precision, recall, F1 and the calibration
  SplitOptions split;   // how training parts are split again
  ScaleBy scale_by = ScaleBy::kTrainingRows;
};

// The timelines over what a model said, by row of its predictions.
struct TimelineResult {
  std::vector<SmoothedWindow> forward;  // live
  std::vector<SmoothedWindow> viterbi;  // finished
  // Shares of windows rightly named, 0 to 1.
  double forward_accuracy = 0;
  double viterbi_accuracy = 0;
  // Mean probability that the finished timeline states for its own class.
  double stated_confidence = 0;
};

// How a kind of model did on the test parts of a split.
struct ModelResult {
  std::string split;
  std::string split_title;
  bool leaks = false;
  std::string model;
  std::string model_title;
  bool has_probabilities = false;
  std::optional<ScaleBy> scale_by;  // unset for a kind that needs no scale
  Predictions predictions;
  Metrics metrics;
  Intervals intervals;
  std::optional<TimelineResult> timeline;                      // of a kind with probabilities
  std::vector<std::map<std::string, std::string>> parameters;  // of each fold
  std::vector<FeatureImportance> importance;  // by feature, mean over the test rows; may be empty
  double fit_seconds = 0;  // of the folds' models, without what is chosen and judged inside
};

// Trains on each fold's training part alone and scores its test part, per window and after the
// timeline, which is fitted inside the training part too. Errors: as ModelKind::train, naming the
// split.
absl::StatusOr<ModelResult> Evaluate(const Dataset& data, const Split& split, const ModelKind& kind,
                                     const EvaluateOptions& options);

// A model of this kind and its timeline, trained on `rows` alone; what is to be chosen is chosen
// inside them, as MakeInnerSplit splits them for a split of the name `split`.
struct TrainedModel {
  ModelKind kind;  // with the chosen parameters
  std::unique_ptr<Classifier> model;
  std::optional<v1::TimelineModel> timeline;  // of a kind with probabilities
  double fit_seconds = 0;
};
absl::StatusOr<TrainedModel> TrainOn(const Dataset& data, std::span<const size_t> rows,
                                     const std::string& split, const ModelKind& kind,
                                     const SplitOptions& options);

// The timeline that goes with models of this kind that are trained on `rows`, from what such models
// say of parts of `rows` that they have not seen; `split` as above. Errors: as ModelKind::train.
absl::StatusOr<v1::TimelineModel> TrainTimeline(const Dataset& data, std::span<const size_t> rows,
                                                const std::string& split, const ModelKind& kind,
                                                const SplitOptions& options);

// Each row's block, or where the data has none, a stretch of 20 rows: what is drawn at a time for
// an interval.
std::vector<int64_t> ResampledBlocks(const Dataset& data, std::span<const size_t> rows);

}  // namespace silhouette
