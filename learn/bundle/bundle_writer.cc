#include "learn/bundle/bundle_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "classify-svc/booster.h"
#include "classify-svc/bundle.h"
#include "common/files.h"
#include "learn/bundle/card.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;
namespace pb = google::protobuf;

constexpr size_t kGoldenRows = 8;

absl::Status CheckNameAndVersion(const v1::ModelManifest& manifest) {
  const std::string& name = manifest.name();
  if (name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model name \"", name, "\"; use lower case letters, digits and dashes, as presence"));
  }
  const std::string& version = manifest.version();
  int number = 0;
  if (!absl::SimpleAtoi(version, &number) || number < 1 || absl::StrCat(number) != version) {
    return absl::InvalidArgumentError(
        absl::StrCat("version \"", version, "\"; use a positive whole number, as 1"));
  }
  return absl::OkStatus();
}

absl::Status FileError(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(path.string(),
                                             ": cannot be written: ", error.message(),
                                             "; check the folder's permissions and space"));
}

// Rows from the first to the last at equal distances.
std::vector<size_t> SpreadRows(size_t rows) {
  const size_t count = std::min(kGoldenRows, rows);
  std::vector<size_t> picked;
  for (size_t i = 0; i < count; ++i) {
    picked.push_back(count == 1 ? 0 : i * (rows - 1) / (count - 1));
  }
  return picked;
}

absl::Status AddGoldenRows(const std::string& model_path, const Dataset& data,
                           v1::ModelManifest* manifest) {
  absl::StatusOr<Booster> booster = Booster::Load(model_path);
  if (!booster.ok()) return booster.status();
  const auto bundle = Bundle::Unproven(*manifest, *std::move(booster));
  if (!bundle.ok()) return bundle.status();
  manifest->clear_golden_rows();
  for (size_t row : SpreadRows(data.rows())) {
    const auto probabilities = (*bundle)->Predict(data.row(row));
    if (!probabilities.ok()) return probabilities.status();
    v1::GoldenRow* golden = manifest->add_golden_rows();
    golden->mutable_features()->Add(data.row(row).begin(), data.row(row).end());
    golden->mutable_probabilities()->Add(probabilities->begin(), probabilities->end());
  }
  return absl::OkStatus();
}

absl::Status WriteFolder(const fs::path& folder, std::string_view model, const Dataset& data,
                         v1::ModelManifest* manifest) {
  std::error_code error;
  fs::remove_all(folder, error);  // of a run that was stopped
  fs::create_directories(folder, error);
  if (error) return FileError(folder, error);
  const std::string model_path = folder / "model.ubj";
  if (absl::Status s = WriteFileByRename(model_path, model); !s.ok()) return s;
  if (absl::Status s = AddGoldenRows(model_path, data, manifest); !s.ok()) return s;
  const absl::StatusOr<std::string> json = ManifestToJson(*manifest);
  if (!json.ok()) return json.status();
  return WriteFileByRename(folder / "manifest.json", *json);
}

// Puts `folder` in the place of `target`; a version that stood there is back if that fails.
absl::Status Replace(const fs::path& folder, const fs::path& target, const fs::path& aside) {
  std::error_code error;
  fs::remove_all(aside, error);
  const bool exists = fs::exists(target, error);
  if (exists) fs::rename(target, aside, error);
  if (error) return FileError(target, error);
  fs::rename(folder, target, error);
  if (error) {
    std::error_code ignored;
    if (exists) fs::rename(aside, target, ignored);
    return FileError(target, error);
  }
  fs::remove_all(aside, error);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ManifestToJson(const v1::ModelManifest& manifest) {
  // MessageToJsonString would write the map of parameters in an order that differs from run to run.
  std::string binary;
  {
    pb::io::StringOutputStream bytes(&binary);
    pb::io::CodedOutputStream coded(&bytes);
    coded.SetSerializationDeterministic(true);
    manifest.SerializeToCodedStream(&coded);
  }
  constexpr char kTypes[] = "type.googleapis.com";
  const std::unique_ptr<pb::util::TypeResolver> resolver(
      pb::util::NewTypeResolverForDescriptorPool(kTypes, pb::DescriptorPool::generated_pool()));
  pb::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = pb::util::BinaryToJsonString(
      resolver.get(), absl::StrCat(kTypes, "/", manifest.GetTypeName()), binary, &json, options);
  if (!status.ok()) return absl::InternalError(absl::StrCat("manifest: ", status.ToString()));
  return json;
}

absl::Status CheckBundlePlace(const std::string& models, const v1::ModelManifest& manifest,
                              bool force) {
  if (absl::Status s = CheckNameAndVersion(manifest); !s.ok()) return s;
  std::error_code unknown;
  if (fs::exists(models, unknown) && !fs::is_directory(models, unknown)) {
    return absl::UnavailableError(absl::StrCat(models, ": is no folder; name one for models"));
  }
  const fs::path target = fs::path(models) / manifest.name() / manifest.version();
  if (!fs::exists(target, unknown) || force) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      target.string(), ": exists; choose another --version, or --force to replace it"));
}

absl::StatusOr<v1::ModelManifest> WriteBundle(const std::string& models, v1::ModelManifest manifest,
                                              std::string_view model, const Dataset& data,
                                              bool force) {
  if (absl::Status s = CheckBundlePlace(models, manifest, force); !s.ok()) return s;
  const fs::path family = fs::path(models) / manifest.name();
  const fs::path target = family / manifest.version();
  std::error_code error;
  const fs::path partial = family / absl::StrCat(".", manifest.version(), ".partial");
  absl::Status status = WriteFolder(partial, model, data, &manifest);
  if (status.ok()) {
    status = Replace(partial, target, family / absl::StrCat(".", manifest.version(), ".old"));
  }
  if (status.ok()) status = WriteFileByRename(family / "CARD.md", CardText(manifest));
  if (status.ok()) return manifest;
  fs::remove_all(partial, error);
  return status;
}

}  // namespace silhouette
