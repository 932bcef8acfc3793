#include "learn/bundle/training_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/hash.h"
#include "common/schema.h"
#include "common/subject.h"
#include "learn/bundle/bundle_writer.h"
#include "learn/data/schema_dataset.h"
#include "learn/data/split.h"
#include "learn/evaluation/evaluate.h"
#include "learn/models/parameter_search.h"
#include "learn/models/trainer.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

// "udp", "tcp and udp"; empty for all.
std::string ProtocolNames(const v1::WindowSpec& spec) {
  std::vector<std::string> names;
  for (uint32_t protocol : spec.filter().ip_protocols()) {
    names.push_back(ProtocolName(static_cast<uint8_t>(protocol)));
  }
  return absl::StrJoin(names, " and ");
}

std::string Description(const TrainingRequest& request, const Dataset& data) {
  const std::string protocols = ProtocolNames(request.spec);
  return absl::StrCat("Tells ", absl::StrJoin(data.classes, " from "), " by the packet headers of ",
                      protocols, protocols.empty() ? "" : " ", "traffic.");
}

bool HasCaptures(const TrainingRequest& request) { return !request.captures.files.empty(); }

// The files of the sources, in their order.
std::vector<std::string> SourceFiles(const TrainingRequest& request) {
  std::vector<std::string> files = request.files;
  for (const LabelledCapture& capture : request.captures.files) files.push_back(capture.pcap);
  return files;
}

absl::StatusOr<CapturedWindows> ReadRequest(const TrainingRequest& request,
                                            const FeatureSchema& schema,
                                            const TrainingProgress& progress) {
  if (HasCaptures(request)) {
    LabelledCaptures captures = request.captures;
    captures.spec = request.spec;
    captures.classes = request.columns.classes;
    return ReadLabelledCaptures(captures, progress);
  }
  absl::StatusOr<Dataset> data =
      ReadSchemaDataset(request.files, request.columns, schema, request.spec.length_ns());
  if (!data.ok()) return data.status();
  return CapturedWindows{*std::move(data), {}};
}

// The capture's part of the provenance.
absl::Status AddTruth(const LabelledCapture& files, const CaptureUse& use,
                      v1::TrainingData* training) {
  const absl::StatusOr<std::string> sha256 = Sha256OfFile(files.truth);
  if (!sha256.ok()) return sha256.status();
  training->set_truth_name(std::filesystem::path(files.truth).filename().string());
  training->set_truth_sha256(*sha256);
  training->set_left_out(use.without_truth + use.partial);
  return absl::OkStatus();
}

absl::StatusOr<v1::TrainingData> Provenance(const TrainingRequest& request,
                                            const CapturedWindows& windows, size_t source) {
  const Dataset& data = windows.data;
  const absl::StatusOr<std::string> sha256 = Sha256OfFile(SourceFiles(request)[source]);
  if (!sha256.ok()) return sha256.status();
  v1::TrainingData training;
  // Without its folder: a bundle says nothing about the machine that made it.
  training.set_name(data.source_names[source]);
  training.set_sha256(*sha256);
  training.set_rows(
      static_cast<uint64_t>(std::count(data.source.begin(), data.source.end(), source)));
  training.set_source(request.source);
  training.set_simulated(data.simulated);
  if (!HasCaptures(request)) return training;
  absl::Status added = AddTruth(request.captures.files[source], windows.uses[source], &training);
  if (!added.ok()) return added;
  return training;
}

// Which ways of scoring the data allows, the one to believe first.
std::vector<std::string> SplitsFor(const Dataset& data) {
  std::vector<std::string> splits;
  if (data.source_names.size() > 1) splits.push_back("by-source");
  if (!data.block.empty()) splits.push_back("blocked");
  splits.insert(splits.end(), {"random", "in-sample"});
  return splits;
}

v1::EvaluationResult ResultOf(const ModelResult& from, const Dataset& data) {
  v1::EvaluationResult result;
  const Metrics& metrics = from.metrics;
  result.set_split(from.split_title);
  result.set_leaks(from.leaks);
  result.set_rows(metrics.rows);
  result.set_accuracy(metrics.accuracy);
  result.set_accuracy_low(from.intervals.accuracy.low);
  result.set_accuracy_high(from.intervals.accuracy.high);
  for (size_t c = 0; c < data.classes.size(); ++c) {
    v1::ClassResult* of = result.add_classes();
    of->set_name(data.classes[c]);
    of->set_rows(metrics.by_class[c].rows);
    of->set_precision(metrics.by_class[c].precision);
    of->set_recall(metrics.by_class[c].recall);
    of->set_f1(metrics.by_class[c].f1);
  }
  if (metrics.roc_auc.has_value()) result.set_roc_auc(*metrics.roc_auc);
  result.set_log_loss(metrics.log_loss);
  result.set_calibration_error(metrics.calibration_error);
  if (!from.timeline.has_value()) return result;
  result.set_forward_accuracy(from.timeline->forward_accuracy);
  result.set_viterbi_accuracy(from.timeline->viterbi_accuracy);
  result.set_stated_confidence(from.timeline->stated_confidence);
  return result;
}

// Fills in what training gives, and returns the model's bytes.
absl::StatusOr<std::string> TrainAndJudge(const Dataset& data, const TrainingRequest& request,
                                          const SplitOptions& options,
                                          const TrainingProgress& progress,
                                          v1::ModelManifest* manifest) {
  TrainerParameters base;
  base.balanced = request.balanced;
  const std::vector<std::string> splits = SplitsFor(data);
  const size_t steps = splits.size() + 1;
  for (size_t i = 0; i < splits.size(); ++i) {
    const auto split = MakeSplit(data, splits[i], options);
    if (!split.ok()) return split.status();
    if (progress) progress(i, steps, absl::StrCat("judging: ", split->title));
    EvaluateOptions judging;
    judging.positive = data.classes.size() - 1;
    judging.split = options;
    const auto result = Evaluate(data, *split, SearchedXgboost(base), judging);
    if (!result.ok()) return result.status();
    *manifest->add_evaluation() = ResultOf(*result, data);
  }
  if (progress) progress(steps - 1, steps, "training on all windows");
  const std::vector<size_t> all = AllRows(data);
  const auto inner = MakeInnerSplit(data, all, splits[0], options);
  if (!inner.ok()) return inner.status();
  const auto parameters = SearchParameters(data, *inner, base);
  if (!parameters.ok()) return parameters.status();
  auto timeline = TrainTimeline(data, all, splits[0], XgboostKind(*parameters), options);
  if (!timeline.ok()) return timeline.status();
  *manifest->mutable_timeline() = *std::move(timeline);
  for (const auto& [name, value] :
       XgboostParameters(*parameters, data.classes.size(), all.size())) {
    (*manifest->mutable_parameters())[name] = value;
  }
  return TrainModel(data, all, *parameters);
}

}  // namespace

absl::StatusOr<v1::ModelManifest> RunTraining(const TrainingRequest& request,
                                              const TrainingProgress& progress) {
  const absl::StatusOr<const FeatureSchema*> schema = FindSchema(request.spec.schema());
  if (!schema.ok()) return schema.status();
  v1::ModelManifest manifest;
  manifest.set_name(request.name);
  manifest.set_version(request.version);
  absl::Status place = CheckBundlePlace(request.models, manifest, request.force);
  if (!place.ok()) return place;
  const absl::StatusOr<CapturedWindows> windows = ReadRequest(request, **schema, progress);
  if (!windows.ok()) return windows.status();
  const Dataset& data = windows->data;
  if (request.tell_use) std::for_each(windows->uses.begin(), windows->uses.end(), request.tell_use);

  manifest.set_description(Description(request, data));
  *manifest.mutable_spec() = request.spec;
  manifest.set_schema_hash((*schema)->Hash());
  manifest.mutable_classes()->Add(data.classes.begin(), data.classes.end());
  for (size_t source = 0; source < data.source_names.size(); ++source) {
    const auto provenance = Provenance(request, *windows, source);
    if (!provenance.ok()) return provenance.status();
    *manifest.add_training_data() = *provenance;
  }
  const SplitOptions options;
  absl::StatusOr<std::string> model = TrainAndJudge(data, request, options, progress, &manifest);
  if (!model.ok()) {
    return absl::Status(
        model.status().code(),
        absl::StrCat(absl::StrJoin(SourceFiles(request), ", "), ": ", model.status().message(),
                     HasCaptures(request) ? FewBlocksHint(data, options) : ""));
  }
  return WriteBundle(request.models, manifest, *model, data, request.force);
}

}  // namespace silhouette
