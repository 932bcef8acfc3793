#include "feature-svc/extractor.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

Extractor DerivedExtractor(std::string_view schema,
                           void (*extract)(const WindowInput& window, double* values)) {
  Extractor extractor{schema, extract};
  extractor.derived = FindDerivedSchema(schema);
  return extractor;
}

}  // namespace

absl::StatusOr<const Extractor*> FindExtractor(std::string_view schema) {
  static const Extractor kExtractors[] = {
      {"presence.v1", &ExtractPresenceV1},
      DerivedExtractor("presence.v2", &ExtractPresenceV2),
      DerivedExtractor("presence.v2.ratio", &ExtractPresenceV2Ratio),
      {"traffic.v1", &ExtractTrafficV1, true, kTrafficV1PastWindows},
      {"traffic.v2", &ExtractTrafficV2, true, kTrafficV1PastWindows},
  };
  for (const Extractor& extractor : kExtractors) {
    if (extractor.schema == schema) return &extractor;
  }
  return absl::NotFoundError(
      absl::StrCat("no extractor for feature schema \"", std::string(schema), "\""));
}

}  // namespace silhouette
