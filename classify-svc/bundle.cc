#include "classify-svc/bundle.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/schema.h"
#include "common/timeline.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

// The trainer writes floats as decimal text; what serving gets may differ in the last digits.
constexpr double kGoldenTolerance = 1e-5;
// The gateway refuses what is longer, with all verdicts beside it.
constexpr int64_t kLongestQuietNs = 86'400'000'000'000;

// Protobuf's words go on with the place in the text, drawn over two lines.
std::string FirstLine(const std::string& words) { return words.substr(0, words.find('\n')); }

absl::StatusOr<v1::ModelManifest> ReadManifest(const std::string& path) {
  auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  v1::ModelManifest manifest;
  const auto parsed = google::protobuf::util::JsonStringToMessage(*text, &manifest);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a model manifest (", FirstLine(std::string(parsed.message())), ")"));
  }
  if (manifest.name().empty() || manifest.version().empty() || manifest.classes_size() < 2) {
    return absl::InvalidArgumentError("needs a name, a version and two classes at least");
  }
  if (absl::Status status = NormalizeSpec(manifest.mutable_spec()); !status.ok()) return status;
  return manifest;
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": model refused: ", std::string(status.message()),
                                   "; train it again or take it out of the folder"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Bundle>> Bundle::Load(const std::string& dir) {
  const std::string manifest_path = dir + "/manifest.json";
  auto manifest = ReadManifest(manifest_path);
  if (!manifest.ok()) return InFile(manifest_path, manifest.status());
  auto booster = Booster::Load(dir + "/model.ubj");
  if (!booster.ok()) return InFile(manifest_path, booster.status());
  auto bundle = Unproven(*std::move(manifest), *std::move(booster));
  if (!bundle.ok()) return InFile(manifest_path, bundle.status());
  absl::Status status = (*bundle)->CheckShapes();
  if (status.ok()) status = (*bundle)->CheckIncidents();
  if (status.ok()) status = (*bundle)->CheckGoldenRows();
  if (!status.ok()) return InFile(manifest_path, status);
  return bundle;
}

absl::StatusOr<std::unique_ptr<Bundle>> Bundle::Unproven(v1::ModelManifest manifest,
                                                         Booster booster) {
  std::unique_ptr<Bundle> bundle(new Bundle(std::move(manifest), std::move(booster)));
  absl::Status status = bundle->SetNovelty();
  if (!status.ok()) return status;
  return bundle;
}

absl::Status Bundle::CheckShapes() const {
  auto schema = FindSchema(manifest_.spec().schema());
  if (!schema.ok()) return schema.status();
  if (manifest_.schema_hash() != (*schema)->Hash()) {
    return absl::InvalidArgumentError(absl::StrCat("its schema_hash ", manifest_.schema_hash(),
                                                   " is not ", (*schema)->Hash(),
                                                   " of this build's ", (*schema)->name));
  }
  if (booster_.features() != (*schema)->features.size()) {
    return absl::InvalidArgumentError(absl::StrCat("model.ubj takes ", booster_.features(),
                                                   " features where ", (*schema)->name, " has ",
                                                   (*schema)->features.size()));
  }
  if (manifest_.thresholds_size() != 0 && manifest_.thresholds_size() != manifest_.classes_size()) {
    return absl::InvalidArgumentError("thresholds must be as many as classes, or none");
  }
  if (!manifest_.has_timeline()) return absl::OkStatus();
  return CheckTimelineModel(manifest_.timeline(), classes());
}

absl::Status Bundle::SetNovelty() {
  if (manifest_.has_novelty()) {
    auto schema = FindSchema(manifest_.spec().schema());
    if (!schema.ok()) return schema.status();
    auto novelty = Novelty::Create(manifest_.novelty(), **schema);
    if (!novelty.ok()) return novelty.status();
    if (classes() < 3 || *manifest_.classes().rbegin() != kUnknownClass) {
      return absl::InvalidArgumentError(absl::StrCat(
          "it has a novelty, so that its last class must be ", kUnknownClass, ", behind two"));
    }
    novelty_ = *std::move(novelty);
  }
  if (!manifest_.has_calibration()) return absl::OkStatus();
  const v1::Calibration& calibration = manifest_.calibration();
  const bool finite = std::isfinite(calibration.slope()) &&
                      std::all_of(calibration.bias().begin(), calibration.bias().end(),
                                  [](double bias) { return std::isfinite(bias); });
  if (finite && calibration.slope() > 0 &&
      static_cast<size_t>(calibration.bias_size()) == known_classes()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("its calibration needs a positive slope and ", known_classes(), " biases"));
}

// Each rule is of a class, once, and tells of features that there are.
absl::Status Bundle::CheckIncidents() const {
  auto schema = FindSchema(manifest_.spec().schema());
  std::set<std::string> left(manifest_.classes().begin(), manifest_.classes().end());
  for (const v1::IncidentRule& rule : manifest_.incidents()) {
    if (left.erase(rule.class_()) == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "its incidents name the class \"", rule.class_(), "\", which it has not, or twice"));
    }
    if (rule.quiet_ns() < 0 || rule.quiet_ns() > kLongestQuietNs) {
      return absl::InvalidArgumentError(absl::StrCat("its incidents of ", rule.class_(),
                                                     " have a quiet_ns of ", rule.quiet_ns(),
                                                     ", which must lie in 0 to 24 h"));
    }
    for (const v1::TellingFeature& telling : rule.features()) {
      const auto& features = (*schema)->features;
      if (std::any_of(features.begin(), features.end(),
                      [&](const auto& feature) { return feature.name == telling.name(); })) {
        continue;
      }
      return absl::InvalidArgumentError(absl::StrCat("its incidents tell of ", telling.name(),
                                                     ", which ", (*schema)->name, " has not"));
    }
  }
  return absl::OkStatus();
}

absl::Status Bundle::CheckGoldenRows() const {
  if (manifest_.golden_rows().empty()) {
    return absl::InvalidArgumentError("it has no golden_rows to check the scores with");
  }
  for (const v1::GoldenRow& row : manifest_.golden_rows()) {
    if (static_cast<size_t>(row.features_size()) != booster_.features() ||
        static_cast<size_t>(row.probabilities_size()) != classes()) {
      return absl::InvalidArgumentError("a golden row has the wrong number of values");
    }
    auto scores = Predict(std::vector<double>(row.features().begin(), row.features().end()));
    if (!scores.ok()) return scores.status();
    for (size_t c = 0; c < classes(); ++c) {
      const double expected = row.probabilities(static_cast<int>(c));
      if (std::abs((*scores)[c] - expected) <= kGoldenTolerance) continue;
      return absl::InvalidArgumentError(absl::StrCat("a golden row scores ", (*scores)[c],
                                                     " where the manifest says ", expected));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> Bundle::Predict(std::span<const double> rows) const {
  std::vector<float> probabilities;
  const size_t known = known_classes();
  absl::Status status = booster_.Predict(rows, known, &probabilities);
  if (!status.ok()) return status;
  if (!manifest_.has_calibration() && !novelty_.has_value()) return probabilities;
  std::vector<float> all;
  const size_t features = booster_.features();
  std::vector<double> of_row(known);
  for (size_t i = 0; i * features < rows.size(); ++i) {
    std::copy_n(probabilities.begin() + static_cast<ptrdiff_t>(i * known), known, of_row.begin());
    if (manifest_.has_calibration()) Calibrate(manifest_.calibration(), of_row);
    const double unknown = novelty_.has_value()
                               ? novelty_->UnknownProbability(rows.subspan(i * features, features))
                               : 0;
    for (double p : of_row) all.push_back(static_cast<float>(p * (1 - unknown)));
    if (novelty_.has_value()) all.push_back(static_cast<float>(unknown));
  }
  return all;
}

absl::StatusOr<std::vector<double>> Bundle::Explain(std::span<const double> row) const {
  std::vector<float> contributions;
  absl::Status status = booster_.Explain(row, known_classes(), &contributions);
  if (!status.ok()) return status;
  std::vector<double> all(known_classes() * (row.size() + 1) - contributions.size());
  all.insert(all.end(), contributions.begin(), contributions.end());
  all.resize(classes() * (row.size() + 1));
  return all;
}

void Calibrate(const v1::Calibration& calibration, std::span<double> probabilities) {
  constexpr double kSmallest = 1e-9;
  double sum = 0;
  for (size_t c = 0; c < probabilities.size(); ++c) {
    double& p = probabilities[c];
    p = std::exp(calibration.slope() * std::log(std::max(p, kSmallest)) +
                 calibration.bias(static_cast<int>(c)));
    sum += p;
  }
  for (double& p : probabilities) p /= sum;
}

namespace {

// DIR/VERSION with the highest number; empty when there is none.
std::string NewestVersion(const fs::path& dir) {
  int newest = 0;
  for (const auto& entry : fs::directory_iterator(dir)) {
    int version = 0;
    if (entry.is_directory() && absl::SimpleAtoi(entry.path().filename().string(), &version)) {
      newest = std::max(newest, version);
    }
  }
  return newest == 0 ? "" : (dir / absl::StrCat(newest)).string();
}

// What lies in DIR/NAME/VERSION says so, too.
absl::StatusOr<std::unique_ptr<Bundle>> LoadInPlace(const std::string& dir) {
  auto bundle = Bundle::Load(dir);
  if (!bundle.ok()) return bundle.status();
  const v1::ModelManifest& manifest = (*bundle)->manifest();
  const fs::path place(dir);
  if (manifest.name() != place.parent_path().filename() || manifest.version() != place.filename()) {
    return absl::InvalidArgumentError(absl::StrCat(dir, ": model refused: its manifest says ",
                                                   manifest.name(), " version ", manifest.version(),
                                                   "; a bundle lies in NAME/VERSION"));
  }
  return bundle;
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<Bundle>>> LoadModels(
    const std::string& dir, std::vector<absl::Status>* refused) {
  std::error_code error;
  if (!fs::is_directory(dir, error)) {
    return absl::NotFoundError(absl::StrCat(dir, ": no such model folder; name one with --models"));
  }
  std::map<std::string, std::unique_ptr<Bundle>> by_name;  // sorts them
  absl::Status first_refused;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string newest = entry.is_directory() ? NewestVersion(entry.path()) : "";
    if (newest.empty()) continue;
    auto bundle = LoadInPlace(newest);
    if (bundle.ok()) {
      const std::string name = (*bundle)->manifest().name();
      by_name[name] = *std::move(bundle);
      continue;
    }
    if (refused == nullptr) return bundle.status();
    refused->push_back(bundle.status());
    first_refused.Update(bundle.status());
  }
  if (by_name.empty() && !first_refused.ok()) return first_refused;
  std::vector<std::unique_ptr<Bundle>> bundles;
  for (auto& [name, bundle] : by_name) bundles.push_back(std::move(bundle));
  if (bundles.empty()) {
    return absl::NotFoundError(absl::StrCat(
        dir,
        ": holds no model (NAME/VERSION/manifest.json); train one or name another folder "
        "with --models"));
  }
  return bundles;
}

}  // namespace silhouette
