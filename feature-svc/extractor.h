#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "feature-svc/samples.h"

namespace silhouette {

// Writes the features of one window, in the order and units of its schema, to `values`.
using Extractor = void (*)(const WindowInput& window, double* values);

// The extractor of a schema by name. Errors: NOT_FOUND.
absl::StatusOr<Extractor> FindExtractor(std::string_view schema);

// presence.v1; 9 values.
void ExtractPresenceV1(const WindowInput& window, double* values);

}  // namespace silhouette
