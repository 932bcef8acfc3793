#pragma once

#include <string>

#include "common/schema.h"

namespace silhouette {

// A schema as JSON: name, hash, horizon_ns, what it is for, and the features.
std::string SchemaJson(const FeatureSchema& schema);

}  // namespace silhouette
