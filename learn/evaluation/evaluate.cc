#include "learn/evaluation/evaluate.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "classify-svc/booster.h"
#include "common/timeline.h"
#include "learn/evaluation/timeline_fit.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRandomFolds = 5;
constexpr uint64_t kRandomSeed = 1;

// Sums over windows.
struct Tally {
  size_t window_hits = 0;  // rightly named
  size_t forward_hits = 0;
  size_t viterbi_hits = 0;
  double stated = 0;  // probability that Viterbi's timeline states
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

// Scores rows whose window numbers increase: one timeline.
absl::StatusOr<LeftOutSequence> ScoreSequence(const Dataset& data, std::span<const size_t> rows,
                                              const Booster& booster) {
  LeftOutSequence sequence;
  std::vector<double> features;
  for (size_t row : rows) {
    sequence.scores.window.push_back(data.window[row]);
    sequence.truth.push_back(static_cast<size_t>(data.label[row]));
    features.insert(features.end(), data.row(row).begin(), data.row(row).end());
  }
  absl::Status status =
      booster.Predict(features, data.classes.size(), &sequence.scores.probabilities);
  if (!status.ok()) return status;
  return sequence;
}

// Trains on the fold's training part and scores its test part; the timelines are left unset.
absl::StatusOr<std::vector<LeftOutSequence>> ScoreTestPart(const Dataset& data, const Fold& fold,
                                                           const TrainerParameters& parameters) {
  const absl::StatusOr<std::string> model = TrainModel(data, fold.training, parameters);
  if (!model.ok()) return model.status();
  const absl::StatusOr<Booster> booster = LoadFromBytes(*model);
  if (!booster.ok()) return booster.status();
  std::vector<LeftOutSequence> sequences;
  const std::span<const size_t> test(fold.test);
  // Where the numbers fall back, another recording begins.
  for (size_t begin = 0, end = 0; begin < test.size(); begin = end) {
    for (end = begin + 1; end < test.size(); ++end) {
      if (data.window[test[end]] <= data.window[test[end - 1]]) break;
    }
    absl::StatusOr<LeftOutSequence> sequence =
        ScoreSequence(data, test.subspan(begin, end - begin), *booster);
    if (!sequence.ok()) return sequence.status();
    sequences.push_back(*std::move(sequence));
  }
  return sequences;
}

size_t CountHits(const std::vector<SmoothedWindow>& states, const std::vector<size_t>& truth) {
  size_t hits = 0;
  for (size_t t = 0; t < truth.size(); ++t) hits += states[t].class_index == truth[t] ? 1 : 0;
  return hits;
}

absl::Status TallyFold(const Dataset& data, const Fold& fold, size_t neighbours,
                       const TrainerParameters& parameters, Tally* tally) {
  const auto sequences = ScoreTestPart(data, fold, parameters);
  if (!sequences.ok()) return sequences.status();
  const auto timeline = TrainTimeline(data, fold.training, neighbours, parameters);
  if (!timeline.ok()) return timeline.status();
  for (const LeftOutSequence& sequence : *sequences) {
    const WindowScores& scores = sequence.scores;
    const std::vector<size_t>& truth = sequence.truth;
    const std::vector<SmoothedWindow> viterbi = ViterbiTimeline(*timeline, scores);
    tally->window_hits += CountHits(UnsmoothedTimeline(data.classes.size(), scores), truth);
    tally->forward_hits += CountHits(ForwardTimeline(*timeline, scores), truth);
    tally->viterbi_hits += CountHits(viterbi, truth);
    for (const SmoothedWindow& window : viterbi) tally->stated += window.probability;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::TimelineModel> TrainTimeline(const Dataset& data, std::span<const size_t> rows,
                                                size_t neighbours,
                                                const TrainerParameters& parameters) {
  std::vector<LeftOutSequence> left_out;
  const absl::StatusOr<Split> split = NeighbouringBlocksOut(data, rows, neighbours);
  for (const Fold& fold : split.ok() ? split->folds : std::vector<Fold>()) {
    auto sequences = ScoreTestPart(data, fold, parameters);
    // A fold that holds all there is of a class leaves nothing to learn it from: the others judge.
    if (absl::IsInvalidArgument(sequences.status())) continue;
    if (!sequences.ok()) return sequences.status();
    for (LeftOutSequence& sequence : *sequences) left_out.push_back(std::move(sequence));
  }
  v1::TimelineModel timeline = FitTimeline(data, rows);
  timeline.set_evidence_weight(FitEvidenceWeight(left_out));
  return timeline;
}

absl::StatusOr<v1::EvaluationResult> Evaluate(const Dataset& data, const Split& split,
                                              size_t neighbours,
                                              const TrainerParameters& parameters) {
  Tally tally;
  for (const Fold& fold : split.folds) {
    if (absl::Status s = TallyFold(data, fold, neighbours, parameters, &tally); !s.ok()) {
      return absl::Status(s.code(), absl::StrCat(split.name, ": ", s.message()));
    }
  }
  const auto rows = static_cast<double>(data.rows());
  v1::EvaluationResult result;
  result.set_split(split.name);
  result.set_leaks(split.leaks);
  result.set_rows(data.rows());
  result.set_accuracy(static_cast<double>(tally.window_hits) / rows);
  result.set_forward_accuracy(static_cast<double>(tally.forward_hits) / rows);
  result.set_viterbi_accuracy(static_cast<double>(tally.viterbi_hits) / rows);
  result.set_stated_confidence(tally.stated / rows);
  return result;
}

absl::StatusOr<std::vector<v1::EvaluationResult>> EvaluateAllWays(
    const Dataset& data, size_t neighbours, const TrainerParameters& parameters) {
  absl::StatusOr<Split> blocks = NeighbouringBlocksOut(data, neighbours);
  if (!blocks.ok()) return blocks.status();
  std::vector<v1::EvaluationResult> results;
  for (const Split& split :
       {*blocks, RandomRowsOut(data, kRandomFolds, kRandomSeed), InSample(data)}) {
    absl::StatusOr<v1::EvaluationResult> result = Evaluate(data, split, neighbours, parameters);
    if (!result.ok()) return result.status();
    results.push_back(*std::move(result));
  }
  return results;
}

}  // namespace silhouette
