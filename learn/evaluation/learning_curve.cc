#include "learn/evaluation/learning_curve.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "common/stopwatch.h"
#include "learn/models/scaler.h"

namespace silhouette {
namespace {

constexpr size_t kPoints = 8;
constexpr uint64_t kSeed = 1;

std::vector<size_t> Shuffled(std::vector<size_t> rows) {
  std::mt19937_64 random(kSeed);
  for (size_t left = rows.size(); left > 1; --left) {
    std::swap(rows[left - 1], rows[random() % left]);
  }
  return rows;
}

absl::StatusOr<double> AccuracyOn(const Classifier& model, const Dataset& data,
                                  std::span<const size_t> rows) {
  const absl::StatusOr<std::vector<double>> stated = PredictRows(model, data, rows);
  if (!stated.ok()) return stated.status();
  const size_t classes = data.classes.size();
  size_t hits = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t said = MostProbableClass(std::span(*stated).subspan(i * classes, classes));
    hits += said == static_cast<size_t>(data.label[rows[i]]) ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(rows.size());
}

// One model, trained on `rows` and tested on `test`.
absl::StatusOr<CurvePoint> Measure(const Dataset& data, std::span<const size_t> rows,
                                   std::span<const size_t> test, const ModelKind& kind) {
  Dataset scaled;
  if (kind.needs_scale) scaled = Standardizer(data, rows).Apply(data);
  const Dataset& given = kind.needs_scale ? scaled : data;
  const CpuStopwatch fitting;
  const auto model = kind.train(given, rows);
  if (!model.ok()) return model.status();
  CurvePoint point;
  point.fit_seconds = fitting.seconds();
  point.rows = static_cast<double>(rows.size());
  const auto training_accuracy = AccuracyOn(**model, given, rows);
  if (!training_accuracy.ok()) return training_accuracy.status();
  const auto test_accuracy = AccuracyOn(**model, given, test);
  if (!test_accuracy.ok()) return test_accuracy.status();
  point.training_accuracy = *training_accuracy;
  point.test_accuracy = *test_accuracy;
  return point;
}

CurvePoint MeanOf(const std::vector<CurvePoint>& points) {
  CurvePoint mean;
  const auto count = static_cast<double>(points.size());
  for (const CurvePoint& point : points) {
    mean.rows += point.rows / count;
    mean.training_accuracy += point.training_accuracy / count;
    mean.test_accuracy += point.test_accuracy / count;
    mean.fit_seconds += point.fit_seconds / count;
  }
  return mean;
}

}  // namespace

absl::StatusOr<LearningCurve> MeasureLearningCurve(const Dataset& data, const Split& split,
                                                   const ModelKind& kind) {
  LearningCurve curve{kind.name, kind.title, {}};
  for (size_t part = 1; part <= kPoints; ++part) {
    std::vector<CurvePoint> of_folds;
    for (const Fold& fold : split.folds) {
      std::vector<size_t> rows = Shuffled(fold.training);
      rows.resize(rows.size() * part / kPoints);
      std::sort(rows.begin(), rows.end());
      if (rows.empty() || fold.test.empty()) continue;
      const auto point = Measure(data, rows, fold.test, kind);
      if (absl::IsInvalidArgument(point.status())) continue;  // too few to hold each class
      if (!point.ok()) return point.status();
      of_folds.push_back(*point);
    }
    if (!of_folds.empty()) curve.points.push_back(MeanOf(of_folds));
  }
  return curve;
}

}  // namespace silhouette
