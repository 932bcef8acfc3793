#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// One column of a schema.
struct Feature {
  std::string name;
  std::string unit;  // "B", "s", "packets"; "1" for a ratio
  std::string formula;
  double empty_value;  // what a window without the needed packets gives
};

// An ordered, named, versioned list of features. Never changes once released: a change is a new
// version with another name.
struct FeatureSchema {
  std::string name;  // "presence.v1"
  // No feature looks further back than this before the window's start, ns.
  int64_t horizon_ns;
  std::vector<Feature> features;

  // For people, and not in the hash: what it is for and what its formulas have in common, and the
  // kind of subject and the window length it is usually computed for, as in a spec's text.
  std::string description = {};
  std::string usual_subject = {};
  std::string usual_window = {};

  // Of the name, the horizon and every feature's fields: 16 hex digits.
  std::string Hash() const;
};

// All schemas of this build; schemas.cc defines them.
const std::vector<FeatureSchema>& AllSchemas();

// Errors: NOT_FOUND naming the schemas there are.
absl::StatusOr<const FeatureSchema*> FindSchema(std::string_view name);

}  // namespace silhouette
