#include "learn/evaluate.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "classify-svc/booster.h"
#include "common/timeline.h"
#include "learn/timeline_fit.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRandomFolds = 5;
constexpr uint64_t kRandomSeed = 1;

// Windows rightly named.
struct Hits {
  size_t window = 0;
  size_t forward = 0;
  size_t viterbi = 0;
};

absl::StatusOr<Booster> LoadFromBytes(const std::string& model) {
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "silhouette-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(folder, ": cannot be made; set TMPDIR to a folder that can be written"));
  }
  const std::string path = folder + "/model.ubj";
  std::ofstream(path, std::ios::binary) << model;
  absl::StatusOr<Booster> booster = Booster::Load(path);
  fs::remove_all(folder, error);
  return booster;
}

size_t CountHits(const Dataset& data, std::span<const size_t> rows,
                 const std::vector<SmoothedWindow>& states) {
  size_t hits = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    hits += states[i].class_index == static_cast<size_t>(data.label[rows[i]]) ? 1 : 0;
  }
  return hits;
}

// Scores rows whose window numbers increase: one timeline.
absl::Status ScoreSequence(const Dataset& data, std::span<const size_t> rows,
                           const Booster& booster, const v1::TimelineModel& timeline, Hits* hits) {
  WindowScores scores;
  std::vector<double> features;
  for (size_t row : rows) {
    scores.window.push_back(data.window[row]);
    features.insert(features.end(), data.row(row).begin(), data.row(row).end());
  }
  const size_t classes = data.classes.size();
  absl::Status status = booster.Predict(features, classes, &scores.probabilities);
  if (!status.ok()) return status;
  hits->window += CountHits(data, rows, UnsmoothedTimeline(classes, scores));
  hits->forward += CountHits(data, rows, ForwardTimeline(timeline, scores));
  hits->viterbi += CountHits(data, rows, ViterbiTimeline(timeline, scores));
  return absl::OkStatus();
}

absl::Status ScoreFold(const Dataset& data, const Fold& fold, const TrainerParameters& parameters,
                       Hits* hits) {
  const absl::StatusOr<std::string> model = TrainModel(data, fold.training, parameters);
  if (!model.ok()) return model.status();
  const absl::StatusOr<Booster> booster = LoadFromBytes(*model);
  if (!booster.ok()) return booster.status();
  const v1::TimelineModel timeline = FitTimeline(data, fold.training);
  const std::span<const size_t> test(fold.test);
  // Where the numbers fall back, another recording begins.
  for (size_t begin = 0, end = 0; begin < test.size(); begin = end) {
    for (end = begin + 1; end < test.size(); ++end) {
      if (data.window[test[end]] <= data.window[test[end - 1]]) break;
    }
    absl::Status status =
        ScoreSequence(data, test.subspan(begin, end - begin), *booster, timeline, hits);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::EvaluationResult> Evaluate(const Dataset& data, const Split& split,
                                              const TrainerParameters& parameters) {
  Hits hits;
  for (const Fold& fold : split.folds) {
    if (absl::Status s = ScoreFold(data, fold, parameters, &hits); !s.ok()) {
      return absl::Status(s.code(), absl::StrCat(split.name, ": ", s.message()));
    }
  }
  const auto share = [&data](size_t count) {
    return static_cast<double>(count) / static_cast<double>(data.rows());
  };
  v1::EvaluationResult result;
  result.set_split(split.name);
  result.set_leaks(split.leaks);
  result.set_rows(data.rows());
  result.set_accuracy(share(hits.window));
  result.set_forward_accuracy(share(hits.forward));
  result.set_viterbi_accuracy(share(hits.viterbi));
  return result;
}

absl::StatusOr<std::vector<v1::EvaluationResult>> EvaluateAllWays(
    const Dataset& data, size_t neighbours, const TrainerParameters& parameters) {
  absl::StatusOr<Split> blocks = NeighbouringBlocksOut(data, neighbours);
  if (!blocks.ok()) return blocks.status();
  std::vector<v1::EvaluationResult> results;
  for (const Split& split :
       {*blocks, RandomRowsOut(data, kRandomFolds, kRandomSeed), InSample(data)}) {
    absl::StatusOr<v1::EvaluationResult> result = Evaluate(data, split, parameters);
    if (!result.ok()) return result.status();
    results.push_back(*std::move(result));
  }
  return results;
}

}  // namespace silhouette
