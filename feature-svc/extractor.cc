#include "feature-svc/extractor.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::StatusOr<const Extractor*> FindExtractor(std::string_view schema) {
  static constexpr Extractor kExtractors[] = {
      {"presence.v1", &ExtractPresenceV1},
      {"traffic.v1", &ExtractTrafficV1, true, kTrafficV1PastWindows},
  };
  for (const Extractor& extractor : kExtractors) {
    if (extractor.schema == schema) return &extractor;
  }
  return absl::NotFoundError(
      absl::StrCat("no extractor for feature schema \"", std::string(schema), "\""));
}

}  // namespace silhouette
