#include "learn/bundle/detector_training.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "classify-svc/novelty.h"
#include "common/hash.h"
#include "common/schema.h"
#include "learn/bundle/bundle_writer.h"
#include "learn/bundle/incident_rules.h"
#include "learn/data/capture_list.h"
#include "learn/data/split.h"
#include "learn/evaluation/novelty_fit.h"
#include "learn/models/trainer.h"

namespace silhouette {
namespace {

absl::StatusOr<std::vector<ListedCapture>> ReadLists(const std::vector<std::string>& lists) {
  std::vector<ListedCapture> all;
  for (const std::string& list : lists) {
    auto captures = ReadCaptureList(list);
    if (!captures.ok()) return captures.status();
    all.insert(all.end(), captures->begin(), captures->end());
  }
  return all;
}

// An entry for each list; its hash is of the lines "SHA256 FILE" of the list and then its captures
// with their truths, as sha256sum prints them.
absl::StatusOr<v1::TrainingData> Provenance(const std::string& list, const std::string& source,
                                            const std::vector<std::string>& classes) {
  const auto captures = ReadCaptureList(list);
  if (!captures.ok()) return captures.status();
  v1::TrainingData data;
  data.set_name(std::filesystem::path(list).filename().string());
  data.set_source(source);
  std::vector<std::string> files = {list};
  for (const ListedCapture& capture : *captures) {
    if (std::find(classes.begin(), classes.end(), capture.label) == classes.end()) continue;
    data.set_rows(data.rows() + 1);
    files.push_back(capture.pcap);
    if (!capture.truth.empty()) files.push_back(capture.truth);
    data.set_simulated(data.simulated() || capture.simulated);
  }
  std::string text;
  for (const std::string& file : files) {
    const auto sha256 = Sha256OfFile(file);
    if (!sha256.ok()) return sha256.status();
    absl::StrAppend(&text, *sha256, "  ", std::filesystem::path(file).filename().string(), "\n");
  }
  data.set_sha256(Sha256Of(text));
  return data;
}

// What was fitted on left-out rows, and where the training's windows lie.
void FillParts(const Dataset& data, const std::vector<size_t>& training, const DetectorParts& parts,
               v1::ModelManifest* manifest) {
  *manifest->mutable_calibration() = parts.calibration;
  const bool novelty = parts.radius_factor > 0;
  const size_t said = data.classes.size() + (novelty ? 1 : 0);
  manifest->mutable_thresholds()->Add(parts.thresholds.begin(),
                                      parts.thresholds.begin() + static_cast<ptrdiff_t>(said));
  if (!novelty) return;
  manifest->add_classes(kUnknownClass);
  *manifest->mutable_novelty() = Scaled(FitNovelty(data, training), parts.radius_factor);
}

absl::Status CheckIncidentClasses(const DetectorRequest& request, const DetectorBundle& bundle) {
  for (const auto& [name, severity] : bundle.incidents) {
    const auto found = std::find(request.classes.begin(), request.classes.end(), name);
    if (found != request.classes.end() && found != request.classes.begin()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--incident: ", name, " is none of the classes behind the first, which are ",
                     absl::StrJoin(request.classes, ", ")));
  }
  return absl::OkStatus();
}

// By row. Errors: NOT_FOUND naming a source that is not there.
absl::StatusOr<std::vector<bool>> HeldOutRows(const Dataset& data,
                                              const std::vector<std::string>& names) {
  std::vector<bool> sources(data.source_names.size());
  for (const std::string& name : names) {
    const auto found = std::find(data.source_names.begin(), data.source_names.end(), name);
    if (found == data.source_names.end()) {
      return absl::NotFoundError(
          absl::StrCat("--hold-out: ", name, " is no source; evaluate --predictions names them"));
    }
    sources[static_cast<size_t>(found - data.source_names.begin())] = true;
  }
  std::vector<bool> rows;
  for (size_t source : data.source) rows.push_back(sources[source]);
  return rows;
}

v1::ModelManifest Begin(const DetectorRequest& request, const DetectorBundle& bundle,
                        const FeatureSchema& schema) {
  v1::ModelManifest manifest;
  manifest.set_name(bundle.name);
  manifest.set_version(bundle.version);
  manifest.set_description(absl::StrCat("Tells ", absl::StrJoin(request.classes, ", "),
                                        " from each other by the packet headers of a device."));
  *manifest.mutable_spec() = request.spec;
  manifest.set_schema_hash(schema.Hash());
  manifest.mutable_classes()->Add(request.classes.begin(), request.classes.end());
  return manifest;
}

// Where the lists come from.
absl::Status FillProvenance(const DetectorRequest& request, const std::string& source,
                            v1::ModelManifest* manifest) {
  for (const std::string& list : request.lists) {
    const auto provenance = Provenance(list, source, request.classes);
    if (!provenance.ok()) return provenance.status();
    *manifest->add_training_data() = *provenance;
  }
  return absl::OkStatus();
}

// Trains on all but what is held out, and fills in what goes with the trees. Returns their bytes.
absl::StatusOr<std::string> TrainOnAll(const Dataset& data, const DetectorRequest& request,
                                       const DetectorBundle& bundle, const LeftOutRows& left_out,
                                       v1::ModelManifest* manifest) {
  const auto held_out = HeldOutRows(data, bundle.held_out);
  if (!held_out.ok()) return held_out.status();
  const auto is_held_out = [&](size_t row) { return (*held_out)[row]; };
  std::vector<size_t> known = AllRows(data);
  std::erase_if(known, is_held_out);
  const DetectionOptions& options = request.options;
  const std::vector<size_t> training = ThinnedBySource(data, known, options.most_rows);
  auto model = TrainModel(data, training, options.parameters);
  if (!model.ok()) return model.status();
  for (const auto& [name, value] :
       XgboostParameters(options.parameters, data.classes.size(), training.size())) {
    (*manifest->mutable_parameters())[name] = value;
  }
  auto rules = MakeIncidentRules(data, training, *model, bundle.incidents, options);
  if (!rules.ok()) return rules.status();
  manifest->mutable_incidents()->Add(rules->begin(), rules->end());
  FillParts(data, training, FitParts(data, left_out, options, is_held_out), manifest);
  return model;
}

}  // namespace

absl::StatusOr<Dataset> ReadDetectorData(const DetectorRequest& request, ListUse* use,
                                         const ReadingProgress& progress) {
  auto files = ReadLists(request.lists);
  if (!files.ok()) return files.status();
  ListedCaptures captures;
  captures.files = *std::move(files);
  captures.spec = request.spec;
  captures.classes = request.classes;
  captures.read = request.read;
  return ReadListedCaptures(captures, use, progress);
}

absl::StatusOr<std::vector<DetectionResult>> JudgeDetector(const Dataset& data,
                                                           const DetectionOptions& options,
                                                           const DetectionProgress& progress,
                                                           LeftOutRows* by_source) {
  std::vector<DetectionResult> results;
  for (const std::string name : {"by-source", "random"}) {
    const auto split = MakeSplit(data, name, SplitOptions());
    if (!split.ok()) return split.status();
    auto left_out = LeaveOut(data, *split, options, progress);
    if (!left_out.ok()) return left_out.status();
    results.push_back(JudgeDetection(data, *split, *left_out, options));
    if (by_source != nullptr && name == "by-source") *by_source = *std::move(left_out);
  }
  return results;
}

v1::EvaluationResult ToProto(const DetectionResult& from, const Dataset& data) {
  v1::EvaluationResult result;
  result.set_split(from.split_title);
  result.set_leaks(from.leaks);
  result.set_rows(from.metrics.rows);
  result.set_accuracy(from.metrics.accuracy);
  result.set_log_loss(from.metrics.log_loss);
  result.set_unknown(from.unknown);
  for (size_t c = 0; c < data.classes.size(); ++c) {
    v1::ClassResult* of = result.add_classes();
    of->set_name(data.classes[c]);
    of->set_rows(from.metrics.by_class[c].rows);
    of->set_precision(from.metrics.by_class[c].precision);
    of->set_recall(from.metrics.by_class[c].recall);
    of->set_f1(from.metrics.by_class[c].f1);
    of->set_f1_low(from.f1[c].low);
    of->set_f1_high(from.f1[c].high);
  }
  for (const JudgedEvent& judged : from.alarms.events) {
    v1::EventResult* event = result.add_events();
    event->set_source(data.source_names[judged.event.source]);
    event->set_class_(data.classes[judged.event.class_index]);
    if (judged.delay >= 0) event->set_found_after_ns((judged.delay + 1) * data.hop_ns);
    event->mutable_misnamed()->Add(judged.misnamed.begin(), judged.misnamed.end());
  }
  for (const JudgedSource& judged : from.alarms.sources) {
    v1::WatchResult* watched = result.add_watched();
    watched->set_source(data.source_names[judged.source]);
    watched->set_windows(judged.windows);
    watched->set_device_hours(judged.device_hours);
    watched->set_false_alarms(judged.false_alarms);
  }
  return result;
}

absl::StatusOr<v1::ModelManifest> TrainDetector(const DetectorRequest& request,
                                                const DetectorBundle& bundle,
                                                const DetectionProgress& progress) {
  const auto schema = FindSchema(request.spec.schema());
  if (!schema.ok()) return schema.status();
  if (absl::Status s = CheckIncidentClasses(request, bundle); !s.ok()) return s;
  v1::ModelManifest manifest = Begin(request, bundle, **schema);
  absl::Status status = CheckBundlePlace(bundle.models, manifest, bundle.force);
  if (!status.ok()) return status;
  ListUse use;
  const auto data = ReadDetectorData(request, &use, progress);
  if (!data.ok()) return data.status();
  // Before the long work.
  if (const auto held_out = HeldOutRows(*data, bundle.held_out); !held_out.ok()) {
    return held_out.status();
  }
  if (absl::Status s = FillProvenance(request, bundle.source, &manifest); !s.ok()) return s;
  LeftOutRows left_out;
  const auto results = JudgeDetector(*data, request.options, progress, &left_out);
  if (!results.ok()) return results.status();
  for (const DetectionResult& result : *results) {
    *manifest.add_evaluation() = ToProto(result, *data);
  }
  const auto model = TrainOnAll(*data, request, bundle, left_out, &manifest);
  if (!model.ok()) return model.status();
  return WriteBundle(bundle.models, manifest, *model, *data, bundle.force);
}

}  // namespace silhouette
