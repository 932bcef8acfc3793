#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Fills in what unset fields mean (hop = length, filter sorted without repeats), so that equal
// specs are equal messages. Errors: INVALID_ARGUMENT naming the field.
absl::Status NormalizeSpec(v1::WindowSpec* spec);

// One line that is equal exactly for equal specs: "conversation 500000000/500000000 17
// presence.v1".
std::string SpecText(const v1::WindowSpec& normalized);

// Hash of a set of normalized specs in their order: 16 hex digits.
std::string SpecSetHash(const std::vector<v1::WindowSpec>& normalized);

// "device", "device-mac", "conversation" or "flow".
std::string SubjectKindName(v1::SubjectKind kind);

}  // namespace silhouette
