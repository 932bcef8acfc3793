#include "classify-svc/engine.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/packet_bits.h"
#include "common/schema.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

// Errors: INVALID_ARGUMENT naming the column.
absl::Status CheckTable(const v1::WindowTable& table, size_t features) {
  const auto windows = static_cast<size_t>(table.start_ns_size());
  if (static_cast<size_t>(table.subject_size()) != windows || table.flags().size() != windows ||
      static_cast<size_t>(table.values_size()) != windows * features) {
    return absl::InvalidArgumentError(
        absl::StrCat("window table of ", windows, " windows has ", table.subject_size(),
                     " subjects, ", table.flags().size(), " flags and ", table.values_size(),
                     " values; ", windows * features, " values were due"));
  }
  for (uint32_t subject : table.subject()) {
    if (subject >= static_cast<uint32_t>(table.subjects_size())) {
      return absl::InvalidArgumentError(absl::StrCat("window table: subject ", subject,
                                                     " is outside its ", table.subjects_size(),
                                                     " subjects"));
    }
  }
  return absl::OkStatus();
}

v1::ModelHead HeadOf(const v1::ModelManifest& manifest) {
  v1::ModelHead head;
  head.set_name(manifest.name());
  head.set_version(manifest.version());
  *head.mutable_classes() = manifest.classes();
  head.set_schema(manifest.spec().schema());
  head.set_length_ns(manifest.spec().length_ns());
  head.set_hop_ns(manifest.spec().hop_ns());
  if (manifest.has_timeline()) *head.mutable_timeline() = manifest.timeline();
  *head.mutable_incidents() = manifest.incidents();
  return head;
}

void AddVerdict(const v1::WindowTable& table, int window, const Bundle& bundle,
                uint32_t model_index, std::span<const float> probabilities,
                v1::VerdictBatch* verdicts) {
  v1::ModelVerdict* verdict = verdicts->add_verdicts();
  verdict->set_model(model_index);
  verdict->set_subject(table.subjects(static_cast<int>(table.subject(window))));
  verdict->set_window_start_ns(table.start_ns(window));
  verdict->set_class_index(static_cast<uint32_t>(bundle.ChooseClass(probabilities)));
  verdict->mutable_probabilities()->Add(probabilities.begin(), probabilities.end());
  const int features = table.values_size() / table.start_ns_size();
  const double* row = table.values().data() + window * features;
  verdict->mutable_features()->Add(row, row + features);
  verdict->set_partial((table.flags()[static_cast<size_t>(window)] & kWindowPartial) != 0);
}

}  // namespace

ClassifyEngine::ClassifyEngine(std::vector<std::unique_ptr<Bundle>> bundles)
    : bundles_(std::move(bundles)) {
  std::map<std::string, v1::WindowSpec> by_text;
  for (const auto& bundle : bundles_) {
    const v1::WindowSpec& spec = bundle->manifest().spec();
    by_text[SpecText(spec)] = spec;
  }
  for (const auto& [text, spec] : by_text) specs_.push_back(spec);
  spec_set_hash_ = SpecSetHash(specs_);
}

absl::StatusOr<v1::VerdictBatch> ClassifyEngine::Classify(const v1::WindowBatch& windows) const {
  if (windows.spec_set_hash() != spec_set_hash_) {
    return absl::UnavailableError(absl::StrCat("windows of spec set ", windows.spec_set_hash(),
                                               " where the loaded models need ", spec_set_hash_));
  }
  v1::VerdictBatch verdicts;
  *verdicts.mutable_header() = windows.header();
  for (const auto& bundle : bundles_) *verdicts.add_models() = HeadOf(bundle->manifest());
  for (const v1::WindowTable& table : windows.tables()) {
    if (absl::Status status = ClassifyTable(table, &verdicts); !status.ok()) return status;
  }
  // Models are sorted by name, so their index stands for it.
  std::stable_sort(verdicts.mutable_verdicts()->pointer_begin(),
                   verdicts.mutable_verdicts()->pointer_end(),
                   [](const v1::ModelVerdict* a, const v1::ModelVerdict* b) {
                     return std::forward_as_tuple(a->window_start_ns(), a->subject(), a->model()) <
                            std::forward_as_tuple(b->window_start_ns(), b->subject(), b->model());
                   });
  return verdicts;
}

absl::StatusOr<std::vector<double>> ClassifyEngine::Explain(
    const std::string& model, const std::string& version, std::span<const double> features) const {
  const auto bundle = std::find_if(bundles_.begin(), bundles_.end(), [&](const auto& loaded) {
    return loaded->manifest().name() == model;
  });
  if (bundle == bundles_.end()) {
    return absl::NotFoundError(absl::StrCat("no model \"", model, "\" is loaded"));
  }
  const v1::ModelManifest& manifest = (*bundle)->manifest();
  if (manifest.version() != version) {
    return absl::NotFoundError(absl::StrCat("of model ", model, ", version ", manifest.version(),
                                            " is loaded and not \"", version, "\""));
  }
  auto schema = FindSchema(manifest.spec().schema());
  if (!schema.ok()) return schema.status();
  if (features.size() != (*schema)->features.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        features.size(), " features where ", (*schema)->name, " has ", (*schema)->features.size()));
  }
  return (*bundle)->Explain(features);
}

absl::Status ClassifyEngine::ClassifyTable(const v1::WindowTable& table,
                                           v1::VerdictBatch* verdicts) const {
  auto schema = FindSchema(table.spec().schema());
  if (!schema.ok()) return absl::InvalidArgumentError(schema.status().message());
  if (table.schema_hash() != (*schema)->Hash()) {
    return absl::UnavailableError(absl::StrCat("windows with schema hash ", table.schema_hash(),
                                               " where this build's ", (*schema)->name, " has ",
                                               (*schema)->Hash()));
  }
  if (absl::Status s = CheckTable(table, (*schema)->features.size()); !s.ok()) return s;
  const std::string spec = SpecText(table.spec());
  for (size_t m = 0; m < bundles_.size(); ++m) {
    const Bundle& bundle = *bundles_[m];
    if (SpecText(bundle.manifest().spec()) != spec) continue;
    auto scores =
        bundle.Predict(std::span(table.values().data(), static_cast<size_t>(table.values_size())));
    if (!scores.ok()) return scores.status();
    for (int w = 0; w < table.start_ns_size(); ++w) {
      const size_t classes = bundle.classes();
      AddVerdict(table, w, bundle, static_cast<uint32_t>(m),
                 std::span(*scores).subspan(static_cast<size_t>(w) * classes, classes), verdicts);
    }
  }
  return absl::OkStatus();
}

}  // namespace silhouette
