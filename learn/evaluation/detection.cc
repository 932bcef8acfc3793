#include "learn/evaluation/detection.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "classify-svc/bundle.h"
#include "classify-svc/novelty.h"
#include "learn/evaluation/novelty_fit.h"
#include "learn/evaluation/parallel.h"
#include "learn/models/classifier.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

constexpr uint64_t kBootstrapSeed = 1;

// What a fold's model says of its test rows.
struct FoldScores {
  absl::Status status;
  std::vector<double> probabilities;
  std::vector<double> radii_away;
};

FoldScores ScoreFold(const Dataset& data, const Fold& fold, const DetectionOptions& options) {
  FoldScores scores;
  const std::vector<size_t> training = ThinnedBySource(data, fold.training, options.most_rows);
  const auto model = XgboostKind(options.parameters).train(data, training);
  if (!model.ok()) return {model.status(), {}, {}};
  auto probabilities = PredictRows(**model, data, fold.test);
  if (!probabilities.ok()) return {probabilities.status(), {}, {}};
  scores.probabilities = *std::move(probabilities);
  if (options.unknown_share == 0) return scores;
  FeatureSchema schema;
  for (const std::string& name : data.feature_names) schema.features.push_back({name, "", "", 0});
  const auto novelty = Novelty::Create(FitNovelty(data, training), schema);
  if (!novelty.ok()) return {novelty.status(), {}, {}};
  for (size_t row : fold.test) scores.radii_away.push_back(novelty->RadiiAway(data.row(row)));
  return scores;
}

LeftOutRows SortedByRow(const std::vector<Fold>& folds, const std::vector<FoldScores>& scores,
                        size_t classes) {
  std::map<size_t, std::pair<size_t, size_t>> places;  // fold and place within it, by row
  for (size_t f = 0; f < folds.size(); ++f) {
    for (size_t i = 0; i < folds[f].test.size(); ++i) places[folds[f].test[i]] = {f, i};
  }
  LeftOutRows sorted;
  sorted.raw.classes = classes;
  for (const auto& [row, place] : places) {
    const auto [f, i] = place;
    const auto stated = std::span(scores[f].probabilities).subspan(i * classes, classes);
    sorted.raw.row.push_back(row);
    sorted.raw.said.push_back(MostProbableClass(stated));
    sorted.raw.probabilities.insert(sorted.raw.probabilities.end(), stated.begin(), stated.end());
    if (!scores[f].radii_away.empty()) sorted.radii_away.push_back(scores[f].radii_away[i]);
  }
  return sorted;
}

// Of each source: how many rows of each class were said to be of which, row-major.
using Counts = std::vector<size_t>;

double F1Of(const Counts& counts, size_t class_index, size_t classes) {
  size_t hits = counts[class_index * classes + class_index], said = 0, rows = 0;
  for (size_t c = 0; c < classes; ++c) {
    said += counts[c * classes + class_index];
    rows += counts[class_index * classes + c];
  }
  return MetricsOfClass(hits, said, rows).f1;
}

std::vector<Interval> F1Intervals(const Dataset& data, const Predictions& predictions) {
  const size_t classes = predictions.classes;
  std::map<size_t, Counts> by_source;
  std::map<size_t, std::set<size_t>> classes_of;
  for (size_t i = 0; i < predictions.rows(); ++i) {
    const size_t source = data.source[predictions.row[i]];
    Counts& counts = by_source.try_emplace(source, classes * classes).first->second;
    ++counts[predictions.truth[i] * classes + predictions.said[i]];
    classes_of[source].insert(predictions.truth[i]);
  }
  std::map<std::set<size_t>, std::vector<const Counts*>> strata;
  for (const auto& [source, counts] : by_source) strata[classes_of[source]].push_back(&counts);
  std::vector<std::vector<double>> f1(data.classes.size());
  std::mt19937_64 random(kBootstrapSeed);
  for (size_t sample = 0; sample < kResamples; ++sample) {
    Counts sum(classes * classes);
    for (const auto& [of, sources] : strata) {
      for (size_t i = 0; i < sources.size(); ++i) {
        const Counts& drawn = *sources[random() % sources.size()];
        for (size_t k = 0; k < sum.size(); ++k) sum[k] += drawn[k];
      }
    }
    for (size_t c = 0; c < f1.size(); ++c) f1[c].push_back(F1Of(sum, c, classes));
  }
  std::vector<Interval> intervals;
  for (auto& values : f1) {
    std::sort(values.begin(), values.end());
    intervals.push_back({values[kResamples / 40], values[kResamples - 1 - kResamples / 40]});
  }
  return intervals;
}

// By source: what is fitted on the left-out rows of all others.
std::map<size_t, DetectorParts> PartsBySource(const Dataset& data, const LeftOutRows& left_out,
                                              const DetectionOptions& options) {
  std::set<size_t> sources;
  for (size_t row : left_out.raw.row) sources.insert(data.source[row]);
  const std::vector<size_t> list(sources.begin(), sources.end());
  std::vector<DetectorParts> parts(list.size());
  ParallelFor(list.size(), [&](size_t i) {
    parts[i] =
        FitParts(data, left_out, options, [&](size_t row) { return data.source[row] == list[i]; });
  });
  std::map<size_t, DetectorParts> by_source;
  for (size_t i = 0; i < list.size(); ++i) by_source[list[i]] = std::move(parts[i]);
  return by_source;
}

}  // namespace

std::vector<size_t> ThinnedBySource(const Dataset& data, std::span<const size_t> rows,
                                    size_t most) {
  std::map<std::pair<size_t, int>, std::vector<size_t>> by_source;
  for (size_t row : rows) by_source[{data.source[row], data.label[row]}].push_back(row);
  std::vector<size_t> thinned;
  for (const auto& [source, of_source] : by_source) {
    const std::vector<size_t> some = Thinned(of_source, most);
    thinned.insert(thinned.end(), some.begin(), some.end());
  }
  std::sort(thinned.begin(), thinned.end());
  return thinned;
}

absl::StatusOr<LeftOutRows> LeaveOut(const Dataset& data, const Split& split,
                                     const DetectionOptions& options,
                                     const DetectionProgress& progress) {
  std::vector<Fold> folds = split.folds;
  for (Fold& fold : folds) fold.test = SpeakingRows(data, fold.test);
  std::vector<FoldScores> scores(folds.size());
  std::mutex mutex;
  size_t done = 0;
  ParallelFor(folds.size(), [&](size_t i) {
    scores[i] = ScoreFold(data, folds[i], options);
    const std::lock_guard lock(mutex);
    if (progress) progress(++done, folds.size(), split.title);
  });
  for (const FoldScores& of : scores) {
    if (of.status.ok()) continue;
    return absl::Status(of.status.code(), absl::StrCat(split.title, ": ", of.status.message()));
  }
  LeftOutRows left_out = SortedByRow(folds, scores, data.classes.size());
  for (size_t row : left_out.raw.row) {
    left_out.raw.truth.push_back(static_cast<size_t>(data.label[row]));
  }
  return left_out;
}

DetectionResult JudgeDetection(const Dataset& data, const Split& split, const LeftOutRows& left_out,
                               const DetectionOptions& options) {
  DetectionResult result;
  result.split_title = split.title;
  result.leaks = split.leaks;
  Predictions& predictions = result.predictions;
  predictions = left_out.raw;
  predictions.classes = data.classes.size() + 1;
  predictions.probabilities.clear();
  const std::map<size_t, DetectorParts> parts = PartsBySource(data, left_out, options);
  for (size_t i = 0; i < predictions.rows(); ++i) {
    const DetectorParts& of = parts.at(data.source[predictions.row[i]]);
    const std::vector<double> served = ServedProbabilities(left_out, i, of);
    predictions.said[i] = ChooseClass<double>(of.thresholds, served);
    predictions.probabilities.insert(predictions.probabilities.end(), served.begin(), served.end());
  }
  result.unknown = static_cast<uint64_t>(
      std::count(predictions.said.begin(), predictions.said.end(), data.classes.size()));
  result.metrics = MetricsOf(predictions, 0);
  result.f1 = F1Intervals(data, predictions);
  result.alarms = JudgeAlarms(data, predictions.row, predictions.said, AlarmRuleOf(data, options));
  return result;
}

}  // namespace silhouette
