#include "classify-svc/bundle.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
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
  std::unique_ptr<Bundle> bundle(new Bundle(*std::move(manifest), *std::move(booster)));
  if (absl::Status status = bundle->CheckShapes(); !status.ok()) {
    return InFile(manifest_path, status);
  }
  if (absl::Status status = bundle->CheckGoldenRows(); !status.ok()) {
    return InFile(manifest_path, status);
  }
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
  absl::Status status = booster_.Predict(rows, classes(), &probabilities);
  if (!status.ok()) return status;
  return probabilities;
}

absl::StatusOr<std::vector<double>> Bundle::Explain(std::span<const double> row) const {
  std::vector<float> contributions;
  absl::Status status = booster_.Explain(row, classes(), &contributions);
  if (!status.ok()) return status;
  std::vector<double> all(classes() * (row.size() + 1) - contributions.size());
  all.insert(all.end(), contributions.begin(), contributions.end());
  return all;
}

size_t Bundle::ChooseClass(std::span<const float> probabilities) const {
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  size_t chosen = static_cast<size_t>(best - probabilities.begin());
  bool reached = false;
  for (size_t c = 0; c < static_cast<size_t>(manifest_.thresholds_size()); ++c) {
    if (probabilities[c] < manifest_.thresholds(static_cast<int>(c))) continue;
    if (!reached || probabilities[c] > probabilities[chosen]) chosen = c;
    reached = true;
  }
  return chosen;
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
