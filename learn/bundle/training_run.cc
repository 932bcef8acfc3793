#include "learn/bundle/training_run.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/hash.h"
#include "common/schema.h"
#include "common/window_spec.h"
#include "learn/bundle/bundle_writer.h"
#include "learn/evaluation/evaluate.h"
#include "learn/evaluation/split.h"
#include "learn/models/trainer.h"

namespace silhouette {
namespace {

// Two: where the classes take turns block by block, each test part holds both.
constexpr size_t kNeighboursLeftOut = 2;

absl::StatusOr<v1::WindowSpec> SpecOf(const TrainingRequest& request) {
  v1::WindowSpec spec;
  spec.set_length_ns(request.length_ns);
  spec.set_schema(request.schema);
  const auto subject = ParseSubjectKind(request.subject);
  if (!subject.ok()) return subject.status();
  spec.set_subject(*subject);
  static const std::map<std::string_view, uint32_t> kProtocols = {{"tcp", 6}, {"udp", 17}};
  if (const auto found = kProtocols.find(request.protocol); found != kProtocols.end()) {
    spec.mutable_filter()->add_ip_protocols(found->second);
  } else if (request.protocol != "all") {
    return absl::InvalidArgumentError(
        absl::StrCat("protocol \"", request.protocol, "\"; use udp, tcp or all"));
  }
  if (absl::Status s = NormalizeSpec(&spec); !s.ok()) return s;
  return spec;
}

std::string Description(const TrainingRequest& request, const Dataset& data) {
  return absl::StrCat("Tells ", absl::StrJoin(data.classes, " from "), " by the packet headers of ",
                      request.protocol == "all" ? "" : request.protocol + " ", "traffic.");
}

absl::StatusOr<v1::TrainingData> Provenance(const TrainingRequest& request, const Dataset& data) {
  const absl::StatusOr<std::string> sha256 = Sha256OfFile(request.file);
  if (!sha256.ok()) return sha256.status();
  v1::TrainingData training;
  // Without its folder: a bundle says nothing about the machine that made it.
  training.set_name(std::filesystem::path(request.file).filename().string());
  training.set_sha256(*sha256);
  training.set_rows(data.rows());
  training.set_source(request.source);
  training.set_simulated(data.simulated);
  return training;
}

}  // namespace

absl::StatusOr<v1::ModelManifest> RunTraining(const TrainingRequest& request) {
  const absl::StatusOr<v1::WindowSpec> spec = SpecOf(request);
  if (!spec.ok()) return spec.status();
  const absl::StatusOr<const FeatureSchema*> schema = FindSchema(request.schema);
  if (!schema.ok()) return schema.status();
  const absl::StatusOr<Dataset> data = ReadDataset(request.file, **schema, request.columns);
  if (!data.ok()) return data.status();
  const absl::StatusOr<v1::TrainingData> provenance = Provenance(request, *data);
  if (!provenance.ok()) return provenance.status();

  const TrainerParameters parameters = PresenceParameters();
  const auto results = EvaluateAllWays(*data, kNeighboursLeftOut, parameters);
  if (!results.ok()) {
    return absl::Status(results.status().code(),
                        absl::StrCat(request.file, ": ", results.status().message()));
  }
  const std::vector<size_t> all = InSample(*data).folds[0].training;
  const absl::StatusOr<std::string> model = TrainModel(*data, all, parameters);
  if (!model.ok()) return model.status();
  const auto timeline = TrainTimeline(*data, all, kNeighboursLeftOut, parameters);
  if (!timeline.ok()) return timeline.status();

  v1::ModelManifest manifest;
  manifest.set_name(request.name);
  manifest.set_version(request.version);
  manifest.set_description(Description(request, *data));
  *manifest.mutable_spec() = *spec;
  manifest.set_schema_hash((*schema)->Hash());
  manifest.mutable_classes()->Add(data->classes.begin(), data->classes.end());
  *manifest.mutable_timeline() = *timeline;
  *manifest.add_training_data() = *provenance;
  manifest.mutable_evaluation()->Add(results->begin(), results->end());
  for (const auto& [name, value] : XgboostParameters(parameters, data->classes.size())) {
    (*manifest.mutable_parameters())[name] = value;
  }
  return WriteBundle(request.models, manifest, *model, *data, request.force);
}

}  // namespace silhouette
