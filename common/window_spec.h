#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Fills in what unset fields mean (hop = length, filter sorted without repeats), so that equal
// specs are equal messages. Errors: INVALID_ARGUMENT naming the field.
absl::Status NormalizeSpec(v1::WindowSpec* spec);

// A normalized spec from "subject=device,window=5s,hop=1s,schema=traffic.v1,protocol=udp+tcp";
// hop and protocol may be left out. A protocol is a name (tcp, udp, icmp, icmp6) or a number.
// Errors: INVALID_ARGUMENT or NOT_FOUND naming the part that is wrong.
absl::StatusOr<v1::WindowSpec> ParseSpec(std::string_view text);

// The text that ParseSpec reads back.
std::string FormatSpec(const v1::WindowSpec& normalized);

// One line that is equal exactly for equal specs: "conversation 500000000/500000000 17
// presence.v1".
std::string SpecText(const v1::WindowSpec& normalized);

// Hash of a set of normalized specs in their order: 16 hex digits.
std::string SpecSetHash(const std::vector<v1::WindowSpec>& normalized);

// "device", "device-mac", "conversation" or "flow".
std::string SubjectKindName(v1::SubjectKind kind);
// Errors: INVALID_ARGUMENT naming those there are.
absl::StatusOr<v1::SubjectKind> ParseSubjectKind(std::string_view name);

}  // namespace silhouette
