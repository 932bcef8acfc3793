#include "feature-svc/extractor.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::StatusOr<Extractor> FindExtractor(std::string_view schema) {
  if (schema == "presence.v1") return &ExtractPresenceV1;
  return absl::NotFoundError(
      absl::StrCat("no extractor for feature schema \"", std::string(schema), "\""));
}

}  // namespace silhouette
