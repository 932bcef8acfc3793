#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// The manifest as indented JSON with the protos' own field names. Equal manifests give equal text,
// and reading it back gives every double to the last bit.
absl::StatusOr<std::string> ManifestToJson(const v1::ModelManifest& manifest);

// That a bundle can be written there, before the work begins. Errors: as WriteBundle.
absl::Status CheckBundlePlace(const std::string& models, const v1::ModelManifest& manifest,
                              bool force);

// Writes `models`/NAME/VERSION/{model.ubj,manifest.json} and then `models`/NAME/CARD.md. The
// version is written beside its place and renamed, so that no reader sees half of it. `model` is
// the bytes of a .ubj file; eight rows spread over `data`, with the scores of the saved and
// reloaded model, become the manifest's golden rows. Returns the manifest as written. Errors:
// INVALID_ARGUMENT for a wrong name or version or a model that does not fit `data`; ALREADY_EXISTS
// for a version that exists, unless `force`; UNAVAILABLE when writing fails.
absl::StatusOr<v1::ModelManifest> WriteBundle(const std::string& models, v1::ModelManifest manifest,
                                              std::string_view model, const Dataset& data,
                                              bool force);

}  // namespace silhouette
