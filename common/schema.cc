#include "common/schema.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/hash.h"

namespace silhouette {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

FeatureSchema PresenceV1() {
  return {"presence.v1",
          5 * kSecond,
          {
              {"size_mean", "B", "sum of wire lengths / packets", 0},
              {"size_std", "B", "sample standard deviation (n - 1) of wire lengths", 0},
              {"size_median", "B", "median of wire lengths; the mean of the middle two if even", 0},
              {"iat_mean", "s", "mean time since the subject's previous packet", 0},
              {"iat_std", "s", "sample standard deviation (n - 1) of the same", 0},
              {"iat_median", "s", "median of the same; the mean of the middle two if even", 0},
              {"inbound_packets", "packets", "packets towards the home host", 0},
              {"outbound_packets", "packets", "packets from the home host", 0},
              {"total_packets", "packets", "inbound + outbound", 0},
          }};
}

}  // namespace

std::string FeatureSchema::Hash() const {
  std::string text = absl::StrCat(name, "\n", horizon_ns, "\n");
  for (const Feature& f : features) {
    absl::StrAppend(&text, f.name, "\t", f.unit, "\t", f.formula, "\t", f.empty_value, "\n");
  }
  return StableHash(text);
}

const std::vector<FeatureSchema>& AllSchemas() {
  static const auto* schemas = new std::vector<FeatureSchema>{PresenceV1()};
  return *schemas;
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
