#include "learn/evaluation/evaluate.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/stopwatch.h"
#include "learn/evaluation/parallel.h"
#include "learn/evaluation/timeline_fit.h"
#include "learn/models/scaler.h"

namespace silhouette {
namespace {

constexpr uint64_t kBootstrapSeed = 1;
// Training rows of a model that the timeline alone is fitted by, at the most.
constexpr size_t kJudgeRows = 20'000;
// Test rows of a fold that SHAP explains, at the most: a row costs about 1 ms.
constexpr size_t kExplainedRows = 2'000;
constexpr size_t kStretch = 20;

// What was said of a range of the predictions.
LeftOutSequence SequenceOf(const Dataset& data, const Predictions& predictions,
                           const RowRange& range) {
  LeftOutSequence sequence;
  for (size_t i = range.begin; i < range.end; ++i) {
    sequence.scores.window.push_back(data.window[predictions.row[i]]);
    sequence.truth.push_back(predictions.truth[i]);
  }
  const size_t classes = predictions.classes;
  for (double p : std::span(predictions.probabilities)
                      .subspan(range.begin * classes, range.size() * classes)) {
    sequence.scores.probabilities.push_back(static_cast<float>(p));
  }
  return sequence;
}

void AddPredictions(const Dataset& data, std::span<const size_t> rows,
                    std::span<const double> probabilities, Predictions* predictions) {
  predictions->classes = data.classes.size();
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto stated = probabilities.subspan(i * predictions->classes, predictions->classes);
    predictions->row.push_back(rows[i]);
    predictions->truth.push_back(static_cast<size_t>(data.label[rows[i]]));
    predictions->said.push_back(MostProbableClass(stated));
    predictions->probabilities.insert(predictions->probabilities.end(), stated.begin(),
                                      stated.end());
  }
}

// In the order of the rows, whatever the order of the folds.
Predictions SortedByRow(const Predictions& predictions) {
  std::vector<size_t> order(predictions.rows());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return predictions.row[a] < predictions.row[b]; });
  Predictions sorted;
  sorted.classes = predictions.classes;
  for (size_t i : order) {
    sorted.row.push_back(predictions.row[i]);
    sorted.truth.push_back(predictions.truth[i]);
    sorted.said.push_back(predictions.said[i]);
    const auto stated =
        std::span(predictions.probabilities).subspan(i * sorted.classes, sorted.classes);
    sorted.probabilities.insert(sorted.probabilities.end(), stated.begin(), stated.end());
  }
  return sorted;
}

// What models of the kind say of rows that each of them has not seen: a recording is whole again,
// so that its timeline changes as often as it would.
absl::StatusOr<std::vector<LeftOutSequence>> LeaveOut(const Dataset& data, const Split& inner,
                                                      const ModelKind& kind) {
  Predictions predictions;
  for (const Fold& fold : inner.folds) {
    const auto model = kind.train(data, Thinned(fold.training, kJudgeRows));
    // A fold that holds all there is of a class leaves nothing to learn it from: the others judge.
    if (absl::IsInvalidArgument(model.status())) continue;
    if (!model.ok()) return model.status();
    const auto probabilities = PredictRows(**model, data, fold.test);
    if (!probabilities.ok()) return probabilities.status();
    AddPredictions(data, fold.test, *probabilities, &predictions);
  }
  predictions = SortedByRow(predictions);
  std::vector<LeftOutSequence> sequences;
  for (const RowRange& range : SequencesOf(data, predictions.row)) {
    sequences.push_back(SequenceOf(data, predictions, range));
  }
  return sequences;
}

// Folds for the timeline: by blocks where there are any, whatever the split, as scattered rows say
// nothing of how windows follow each other. No folds where nothing can be left out.
Split TimelineSplit(const Dataset& data, std::span<const size_t> rows, const std::string& split,
                    const SplitOptions& options) {
  const std::string name = split == "by-source" || data.block.empty() ? split : "blocked";
  const auto inner = MakeInnerSplit(data, rows, name, options);
  return inner.ok() ? *inner : Split();
}

// What the folds say, put together.
class Collector {
 public:
  Collector(const Dataset& data, ModelResult* result) : data_(data), result_(result) {}

  absl::Status Add(const Dataset& scaled, const Fold& fold, TrainedModel trained) {
    result_->fit_seconds += trained.fit_seconds;
    result_->parameters.push_back(trained.kind.parameters);
    const auto probabilities = PredictRows(*trained.model, scaled, fold.test);
    if (!probabilities.ok()) return probabilities.status();
    AddPredictions(data_, fold.test, *probabilities, &result_->predictions);
    if (trained.timeline.has_value()) timelines_.push_back({fold.test, *trained.timeline});
    return AddImportance(scaled, fold, *trained.model);
  }

  // Sorts by row, and sums up.
  void Finish(size_t positive) {
    Predictions& predictions = result_->predictions;
    predictions = SortedByRow(predictions);
    result_->metrics = MetricsOf(predictions, positive);
    result_->intervals = BootstrapIntervals(predictions, ResampledBlocks(data_, predictions.row),
                                            positive, kBootstrapSeed);
    if (timelines_.empty()) return;
    TimelineResult& timeline = result_->timeline.emplace();
    timeline.forward.resize(predictions.rows());
    timeline.viterbi.resize(predictions.rows());
    for (const RowRange& range : SequencesOf(data_, predictions.row)) AddTimelines(range);
    const auto rows = static_cast<double>(predictions.rows());
    const auto share = [&](const std::vector<SmoothedWindow>& states) {
      return static_cast<double>(CountHits(states, predictions.truth)) / rows;
    };
    timeline.forward_accuracy = share(timeline.forward);
    timeline.viterbi_accuracy = share(timeline.viterbi);
    double stated = 0;
    for (const SmoothedWindow& window : timeline.viterbi) stated += window.probability;
    timeline.stated_confidence = stated / rows;
  }

 private:
  // The timeline of a fold, which is for its test rows.
  struct FoldTimeline {
    std::vector<size_t> test;
    v1::TimelineModel model;
  };

  // The timelines over a whole recording, as the folds put it together: of each fold's the windows
  // that it left out.
  void AddTimelines(const RowRange& range) {
    const Predictions& predictions = result_->predictions;
    const LeftOutSequence sequence = SequenceOf(data_, predictions, range);
    const size_t last_row = predictions.row[range.end - 1];
    for (const FoldTimeline& fold : timelines_) {
      const auto first =
          std::lower_bound(fold.test.begin(), fold.test.end(), predictions.row[range.begin]);
      if (first == fold.test.end() || *first > last_row) continue;
      const std::vector<SmoothedWindow> forward = ForwardTimeline(fold.model, sequence.scores);
      const std::vector<SmoothedWindow> viterbi = ViterbiTimeline(fold.model, sequence.scores);
      size_t place = range.begin;
      for (auto row = first; row != fold.test.end() && *row <= last_row; ++row) {
        while (predictions.row[place] != *row) ++place;
        result_->timeline->forward[place] = forward[place - range.begin];
        result_->timeline->viterbi[place] = viterbi[place - range.begin];
      }
    }
  }

  // What matters, on rows that the model has not seen: each fold by its rows.
  absl::Status AddImportance(const Dataset& scaled, const Fold& fold, const Classifier& model) {
    const auto importance =
        model.Importance(FeaturesOf(scaled, Thinned(fold.test, kExplainedRows)));
    if (!importance.ok()) return importance.status();
    result_->importance.resize(importance->size());
    const auto rows = static_cast<double>(fold.test.size());
    importance_rows_ += rows;
    for (size_t i = 0; i < importance->size(); ++i) {
      FeatureImportance& mean = result_->importance[i];
      const FeatureImportance& of_fold = (*importance)[i];
      mean.gain += (of_fold.gain - mean.gain) * rows / importance_rows_;
      mean.shap += (of_fold.shap - mean.shap) * rows / importance_rows_;
    }
    return absl::OkStatus();
  }

  const Dataset& data_;
  ModelResult* const result_;
  std::vector<FoldTimeline> timelines_;
  double importance_rows_ = 0;
};

}  // namespace

absl::StatusOr<v1::TimelineModel> TrainTimeline(const Dataset& data, std::span<const size_t> rows,
                                                const std::string& split, const ModelKind& kind,
                                                const SplitOptions& options) {
  auto left_out = LeaveOut(data, TimelineSplit(data, rows, split, options), kind);
  if (!left_out.ok()) return left_out.status();
  return FitTimeline(data, rows, *std::move(left_out));
}

absl::StatusOr<TrainedModel> TrainOn(const Dataset& data, std::span<const size_t> rows,
                                     const std::string& split, const ModelKind& kind,
                                     const SplitOptions& options) {
  TrainedModel trained{kind, nullptr, std::nullopt, 0};
  if (kind.tune) {
    const auto inner = MakeInnerSplit(data, rows, split, options);
    if (!inner.ok()) return inner.status();
    absl::StatusOr<ModelKind> tuned = kind.tune(data, rows, *inner);
    if (!tuned.ok()) return tuned.status();
    trained.kind = *std::move(tuned);
  }
  const CpuStopwatch fitting;
  auto model = trained.kind.train(data, rows);
  if (!model.ok()) return model.status();
  trained.model = *std::move(model);
  trained.fit_seconds = fitting.seconds();
  if (!kind.has_probabilities) return trained;
  auto timeline = TrainTimeline(data, rows, split, trained.kind, options);
  if (!timeline.ok()) return timeline.status();
  trained.timeline = *std::move(timeline);
  return trained;
}

absl::StatusOr<ModelResult> Evaluate(const Dataset& data, const Split& split, const ModelKind& kind,
                                     const EvaluateOptions& options) {
  ModelResult result;
  result.split = split.name;
  result.split_title = split.title;
  result.model = kind.name;
  result.model_title = kind.title;
  result.has_probabilities = kind.has_probabilities;
  if (kind.needs_scale) result.scale_by = options.scale_by;
  const bool scale_leaks = kind.needs_scale && options.scale_by == ScaleBy::kAllRows;
  result.leaks = split.leaks || scale_leaks;
  Collector collector(data, &result);
  const auto train = [&](const Dataset& given, const Fold& fold) {
    return TrainOn(given, fold.training, split.name, kind, options.split);
  };
  // XGBoost's folds are trained side by side before any is judged: the search inside each takes
  // most of the time. Other kinds may not be trained so, or want a scaled copy of the data for
  // each fold.
  const bool ahead = kind.concurrent && !kind.needs_scale;
  std::vector<absl::StatusOr<TrainedModel>> models(split.folds.size());
  if (ahead) {
    ParallelFor(models.size(), [&](size_t i) { models[i] = train(data, split.folds[i]); });
  }
  for (size_t i = 0; i < models.size(); ++i) {
    const Fold& fold = split.folds[i];
    Dataset scaled;
    if (kind.needs_scale) {
      const std::vector<size_t> all = AllRows(data);
      scaled = Standardizer(data, scale_leaks ? all : fold.training).Apply(data);
    }
    const Dataset& given = kind.needs_scale ? scaled : data;
    if (!ahead) models[i] = train(given, fold);
    absl::Status status = models[i].status();
    if (status.ok()) status = collector.Add(given, fold, *std::move(models[i]));
    if (status.ok()) continue;
    return absl::Status(status.code(), absl::StrCat(split.title, ": ", status.message()));
  }
  collector.Finish(options.positive);
  return result;
}

std::vector<int64_t> ResampledBlocks(const Dataset& data, std::span<const size_t> rows) {
  std::vector<int64_t> blocks;
  for (size_t i = 0; i < rows.size(); ++i) {
    blocks.push_back(data.block.empty() ? static_cast<int64_t>(i / kStretch) : data.block[rows[i]]);
  }
  return blocks;
}

}  // namespace silhouette
