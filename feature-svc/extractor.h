#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/derived_schema.h"
#include "feature-svc/window_input.h"

namespace silhouette {

// How the features of one schema are computed.
struct Extractor {
  std::string_view schema;
  // Writes the features of one window, in the order and units of the schema, to `values`.
  void (*extract)(const WindowInput& window, double* values);
  bool needs_flows = false;
  int past_windows = 0;  // how many before the window it looks at, as PastWindow
  // Or by what a derived schema keeps of each.
  const DerivedSchema* derived = nullptr;
};

// The extractor of a schema by name. Errors: NOT_FOUND.
absl::StatusOr<const Extractor*> FindExtractor(std::string_view schema);

// presence.v1; 9 values.
void ExtractPresenceV1(const WindowInput& window, double* values);

// presence.v2 and presence.v2.ratio, from presence.v1 of this window and of those before.
void ExtractPresenceV2(const WindowInput& window, double* values);
void ExtractPresenceV2Ratio(const WindowInput& window, double* values);

// traffic.v1; as many values as its schema lists.
inline constexpr int kTrafficV1PastWindows = 8;
void ExtractTrafficV1(const WindowInput& window, double* values);

// traffic.v2: traffic.v1, and what it says of connections behind it.
void ExtractTrafficV2(const WindowInput& window, double* values);

}  // namespace silhouette
