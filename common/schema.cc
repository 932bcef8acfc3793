#include "common/schema.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/hash.h"

namespace silhouette {

std::string FeatureSchema::Hash() const {
  std::string text = absl::StrCat(name, "\n", horizon_ns, "\n");
  for (const Feature& f : features) {
    absl::StrAppend(&text, f.name, "\t", f.unit, "\t", f.formula, "\t", f.empty_value, "\n");
  }
  return StableHash(text);
}

absl::StatusOr<const FeatureSchema*> FindSchema(std::string_view name) {
  std::vector<std::string> names;
  for (const FeatureSchema& schema : AllSchemas()) {
    if (schema.name == name) return &schema;
    names.push_back(schema.name);
  }
  return absl::NotFoundError(absl::StrCat("no feature schema \"", std::string(name),
                                          "\"; this build has ", absl::StrJoin(names, ", ")));
}

}  // namespace silhouette
