#include "learn/evaluation/comparison.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "learn/models/baselines.h"
#include "learn/models/parameter_search.h"
#include "learn/models/scaler.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

constexpr char kInSample[] = "in-sample";
constexpr char kKMeans[] = "k_means";
constexpr int kCurvePoints = 8;
constexpr uint64_t kCurveSeed = 1;

// One model on one split.
struct Step {
  std::string split;
  ModelKind kind;
  ScaleBy scale_by;
};

std::vector<Step> StepsOf(const ComparisonRequest& request) {
  const ModelKind xgboost = SearchedXgboost();
  std::vector<Step> steps;
  for (const std::string& split : request.splits) {
    steps.push_back({split, xgboost, request.options.scale_by});
    if (!request.baselines) continue;
    for (const ModelKind& kind : Baselines()) {
      steps.push_back({split, kind, request.options.scale_by});
      const bool by_training = request.options.scale_by == ScaleBy::kTrainingRows;
      if (kind.needs_scale && by_training && split != kInSample) {
        steps.push_back({split, kind, ScaleBy::kAllRows});
      }
    }
  }
  const bool in_sample =
      std::find(request.splits.begin(), request.splits.end(), kInSample) != request.splits.end();
  for (const ModelKind& kind : Baselines()) {
    if (request.baselines && !in_sample && kind.name == kKMeans) {
      steps.push_back({kInSample, kind, request.options.scale_by});
    }
  }
  return steps;
}

double AccuracyOn(const Dataset& data, std::span<const size_t> rows, const Classifier& model,
                  absl::Status* status) {
  std::vector<double> features, probabilities;
  for (size_t row : rows) {
    features.insert(features.end(), data.row(row).begin(), data.row(row).end());
  }
  if (status->ok()) *status = model.Predict(features, &probabilities);
  if (!status->ok() || rows.empty()) return 0;
  const size_t classes = data.classes.size();
  size_t hits = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto stated = std::span(probabilities).subspan(i * classes, classes);
    const auto said = std::max_element(stated.begin(), stated.end()) - stated.begin();
    hits += said == data.label[rows[i]] ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(rows.size());
}

// Some of `rows`, drawn by a fixed seed and in order.
std::vector<size_t> Draw(std::vector<size_t> rows, size_t count) {
  std::mt19937_64 random(kCurveSeed);
  for (size_t i = 0; i < count; ++i) std::swap(rows[i], rows[i + random() % (rows.size() - i)]);
  rows.resize(count);
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Sums over the folds of a split.
absl::Status AddToPoint(const Dataset& data, const Fold& fold, const ModelKind& kind, int part,
                        CurvePoint* point, size_t* used) {
  const size_t count = fold.training.size() * static_cast<size_t>(part) / kCurvePoints;
  const std::vector<size_t> rows = Draw(fold.training, count);
  SplitOptions options;
  ModelKind plain = kind;
  plain.has_probabilities = false;  // no timeline is wanted
  auto trained = TrainOn(data, rows, kInSample, plain, options);
  if (absl::IsInvalidArgument(trained.status())) return absl::OkStatus();  // a class is missing
  if (!trained.ok()) return trained.status();
  absl::Status status;
  point->rows += count;
  point->training_accuracy += AccuracyOn(data, rows, *trained->model, &status);
  point->test_accuracy += AccuracyOn(data, fold.test, *trained->model, &status);
  point->fit_seconds += trained->fit_seconds;
  ++*used;
  return status;
}

absl::Status AddCurve(const Dataset& data, const Split& split, const ModelKind& kind,
                      std::vector<CurvePoint>* curves) {
  std::vector<Dataset> scaled;
  for (const Fold& fold : split.folds) {
    scaled.push_back(kind.needs_scale ? Standardizer(data, fold.training).Apply(data) : data);
  }
  for (int part = 1; part <= kCurvePoints; ++part) {
    CurvePoint point{.model = kind.name};
    size_t used = 0;
    for (size_t i = 0; i < split.folds.size(); ++i) {
      absl::Status status = AddToPoint(scaled[i], split.folds[i], kind, part, &point, &used);
      if (!status.ok()) return status;
    }
    if (used == 0) continue;
    const auto folds = static_cast<double>(used);
    point.rows /= used;
    point.training_accuracy /= folds;
    point.test_accuracy /= folds;
    point.fit_seconds /= folds;
    curves->push_back(point);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Comparison> Compare(const Dataset& data, const ComparisonRequest& request,
                                   const ComparisonProgress& progress) {
  const std::vector<Step> steps = StepsOf(request);
  std::vector<ModelKind> curve_kinds;
  if (request.curves) {
    curve_kinds.push_back(XgboostKind(TrainerParameters()));
    if (request.baselines) {
      curve_kinds.insert(curve_kinds.end(), Baselines().begin(), Baselines().end());
    }
  }
  const size_t all_steps = steps.size() + curve_kinds.size();
  size_t done = 0;
  const auto tell = [&](const std::string& what) {
    if (progress) progress(done++, all_steps, what);
  };
  Comparison comparison;
  for (const Step& step : steps) {
    const auto split = MakeSplit(data, step.split, request.options.split);
    if (!split.ok()) return split.status();
    tell(absl::StrCat(step.kind.title, ", ", split->title));
    EvaluateOptions options = request.options;
    options.scale_by = step.scale_by;
    auto result = Evaluate(data, *split, step.kind, options);
    if (!result.ok()) return result.status();
    comparison.results.push_back(*std::move(result));
  }
  for (const ModelKind& kind : curve_kinds) {
    const auto split = MakeSplit(data, request.splits[0], request.options.split);
    if (!split.ok()) return split.status();
    tell(absl::StrCat(kind.title, ", learning curve"));
    comparison.curve_split = split->title;
    absl::Status status = AddCurve(data, *split, kind, &comparison.curves);
    if (!status.ok()) return status;
  }
  return comparison;
}

std::string LeakageSentence(const std::vector<ModelResult>& results) {
  const auto is_xgboost = [](const ModelResult& result, bool leaks) {
    return result.model == "xgboost" && result.split != kInSample && result.leaks == leaks;
  };
  const auto leaking = std::find_if(results.begin(), results.end(),
                                    [&](const auto& r) { return is_xgboost(r, true); });
  const auto honest = std::find_if(results.begin(), results.end(),
                                   [&](const auto& r) { return is_xgboost(r, false); });
  if (leaking == results.end()) return "";
  const std::string flattered = absl::StrFormat("%.3f", leaking->metrics.accuracy);
  if (honest == results.end()) {
    return absl::StrCat("The accuracy of ", flattered,
                        " is of windows whose neighbours were in the ", "training part (",
                        leaking->split_title,
                        "). They look alike, so it flatters; leave whole blocks or sources out to "
                        "know how a model does on what it has not seen.");
  }
  return absl::StrCat(
      "XGBoost names ", flattered, " of the windows rightly where their neighbours were in the ",
      "training part (", leaking->split_title, "), and ",
      absl::StrFormat("%.3f", honest->metrics.accuracy), " where they were not (",
      honest->split_title, "). Neighbouring windows look alike, so the first figure ",
      leaking->metrics.accuracy > honest->metrics.accuracy ? "flatters" : "says little",
      "; believe the second.");
}

}  // namespace silhouette
