#include "learn/bundle/card.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/window_spec.h"
#include "learn/bundle/detection_card.h"

namespace silhouette {
namespace {

// What people know of a training file and no column of it says. By content, so that it is never
// said of other data.
struct KnownData {
  std::string_view sha256;
  std::vector<std::string> limits;
};

const std::vector<KnownData>& AllKnownData() {
  static const auto* known = new std::vector<KnownData>{
      {"486d307a3025d44b6fcbf09706007a1646e78b1d4eb28782bd43075d2be94593",
       {"It was trained on one call of one person on one link, ten minutes long. Other people, "
        "rooms, light, cameras, apps, codecs and networks are unknown to it.",
        "It tells what the published call tells: a person from the background alone, by turns of "
        "one minute, in a Zoom call. It has never seen a camera that is switched off.",
        "Directions flip between calls: when the person leaves, outbound falls in this call and "
        "inbound in two others that were published, because the capture points differ. On such a "
        "call it may say the opposite of the truth.",
        "Its transitions come from the same turns of one minute. Where people come and go more or "
        "less often, the timeline reacts too fast or too slowly.",
        "Ten blocks are few: where half of one looks like its neighbours, a tenth of the windows "
        "does. The interval says how far chance goes.",
        "A capture that was rebuilt from this table is training data: a score on it says that the "
        "pipeline works, not that the model does."}},
  };
  return *known;
}

std::string Share(double value) { return absl::StrFormat("%.3f", value); }

std::string ShareOrDash(bool measured, double value) { return measured ? Share(value) : "–"; }

std::string IntervalOf(const v1::EvaluationResult& result) {
  if (result.accuracy_high() == 0) return "–";
  return absl::StrCat(Share(result.accuracy_low()), "–", Share(result.accuracy_high()));
}

std::string SpecSentence(const v1::WindowSpec& spec) {
  const auto& protocols = spec.filter().ip_protocols();
  return absl::StrCat("It reads windows of ", static_cast<double>(spec.length_ns()) / 1e9,
                      " s of one ", SubjectKindName(spec.subject()),
                      protocols.empty()
                          ? " (all IP protocols"
                          : absl::StrCat(" (IP protocol ", absl::StrJoin(protocols, ", ")),
                      "), as the features of `", spec.schema(), "`.");
}

// "`mine.pcap` with the truth `mine.csv`", or a table alone.
std::string FilesText(const v1::TrainingData& data) {
  return absl::StrCat(
      "`", data.name(), "`",
      data.truth_name().empty() ? "" : absl::StrCat(" with the truth `", data.truth_name(), "`"));
}

std::string HashText(const v1::TrainingData& data) {
  if (data.truth_name().empty()) return absl::StrCat("SHA-256 `", data.sha256(), "`");
  return absl::StrCat("SHA-256 `", data.sha256(), "` and `", data.truth_sha256(), "`");
}

std::string TrainingSection(const v1::ModelManifest& manifest) {
  std::string text = "## Trained on\n\n";
  for (const v1::TrainingData& data : manifest.training_data()) {
    absl::StrAppend(&text, "- ", FilesText(data), ", ", data.rows(),
                    RaisesAlarms(manifest) ? " captures" : " windows",
                    data.left_out() == 0 ? "" : absl::StrCat(" (", data.left_out(), " left out)"),
                    data.simulated() ? ", **simulated**" : "",
                    data.source().empty() ? "" : absl::StrCat(", from ", data.source()), "; ",
                    HashText(data), "\n");
  }
  absl::StrAppend(&text, "\nParameters of XGBoost: ");
  std::vector<std::string> parameters;
  for (const auto& [name, value] : manifest.parameters()) {
    parameters.push_back(absl::StrCat("`", name, "=", value, "`"));
  }
  std::sort(parameters.begin(), parameters.end());
  return absl::StrCat(text, absl::StrJoin(parameters, ", "), ".\n\n");
}

std::string BeliefSentence(const v1::ModelManifest& manifest) {
  const v1::EvaluationResult* result = ResultToBelieve(manifest);
  if (result == nullptr) {
    return "Believe none of these: every split leaks.";
  }
  return absl::StrCat(
      "**Believe \"", result->split(), "\": ", Share(result->accuracy()),
      " per window.** A split that leaks trains on the windows that it tests or on their "
      "neighbours, which look alike; its figures only say how much that flatters. Timelines go "
      "over "
      "whole recordings, as the left-out parts put them together. Parameters are chosen inside "
      "each training part.");
}

std::string WeightSentence(const v1::ModelManifest& manifest) {
  const double weight = manifest.timeline().evidence_weight();
  if (weight == 0) return "";
  const double live = manifest.timeline().live_evidence_weight();
  return absl::StrCat(
      "\n\nNeighbouring windows look alike, so the finished timeline counts each as ",
      absl::StrFormat("%.2f", weight),
      " of an independent one, with which it named most of the windows rightly that the model had "
      "not seen. The live one, which must react to the first windows "
      "after a change, counts it as ",
      absl::StrFormat("%.2f", live == 0 ? weight : live),
      ", with which it named most of those windows rightly. A split that does not leak took its "
      "own "
      "weights without its test part. The price: a visit much shorter than those of the recordings "
      "may be overlooked once the timeline is finished.");
}

std::string ScoreSection(const v1::ModelManifest& manifest) {
  std::string text =
      "## How it scored\n\nShares of windows rightly named: by the window alone, after the live "
      "(forward) and after the finished (Viterbi) timeline. Sure of itself: the mean probability "
      "that the finished timeline states for its own classes; beyond the Viterbi share it is too "
      "sure.\n\n"
      "| split | leaks | windows | window alone | 95 % | forward | Viterbi | sure of itself |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n";
  for (const v1::EvaluationResult& result : manifest.evaluation()) {
    absl::StrAppend(&text, "| ", result.split(), " | ", result.leaks() ? "**leaks**" : "no", " | ",
                    result.rows(), " | ", Share(result.accuracy()), " | ", IntervalOf(result),
                    " | ", ShareOrDash(result.has_forward_accuracy(), result.forward_accuracy()),
                    " | ", ShareOrDash(result.has_viterbi_accuracy(), result.viterbi_accuracy()),
                    " | ", ShareOrDash(result.has_stated_confidence(), result.stated_confidence()),
                    " |\n");
  }
  return absl::StrCat(text, "\n", BeliefSentence(manifest), WeightSentence(manifest), "\n\n");
}

std::string LimitSection(const v1::ModelManifest& manifest) {
  std::vector<std::string> limits;
  if (RaisesAlarms(manifest)) {
    return absl::StrCat("## What it cannot see\n\n- ",
                        absl::StrJoin(DetectionLimits(manifest), "\n- "), "\n");
  }
  for (const v1::TrainingData& data : manifest.training_data()) {
    for (const KnownData& known : AllKnownData()) {
      if (known.sha256 != data.sha256()) continue;
      limits.insert(limits.end(), known.limits.begin(), known.limits.end());
    }
    if (data.simulated()) {
      limits.push_back(absl::StrCat("`", data.name(),
                                    "` is simulated: scores on it say that the "
                                    "pipeline works, not that the model works on a real call."));
    }
  }
  if (limits.empty()) {
    limits.push_back(
        "It knows only the recordings above. Other people, rooms, apps, codecs and networks are "
        "unknown to it until it is scored on them.");
  }
  limits.push_back(manifest.timeline().evidence_weight() == 0
                       ? "A probability is the model's own; nothing has calibrated it."
                       : "A window's probability is the model's own. The timeline calibrates it, "
                         "and has weights "
                         "fitted, on the recordings above: on others it may be too sure again.");
  return absl::StrCat("## What it cannot do\n\n- ", absl::StrJoin(limits, "\n- "), "\n");
}

}  // namespace

const v1::EvaluationResult* ResultToBelieve(const v1::ModelManifest& manifest) {
  for (const v1::EvaluationResult& result : manifest.evaluation()) {
    if (!result.leaks()) return &result;
  }
  return nullptr;
}

std::string CardText(const v1::ModelManifest& manifest) {
  return absl::StrCat("# Model ", manifest.name(), ", version ", manifest.version(),
                      "\n\nWritten by `silhouette train` from the version's manifest; do not "
                      "edit.\n\n",
                      manifest.description(), "\n", SpecSentence(manifest.spec()),
                      "\nIts classes are ", absl::StrJoin(manifest.classes(), ", "), ".\n\n",
                      TrainingSection(manifest),
                      RaisesAlarms(manifest) ? DetectionSection(manifest) : ScoreSection(manifest),
                      LimitSection(manifest));
}

}  // namespace silhouette
