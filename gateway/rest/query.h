#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace silhouette {

// Debian's absl has a string view of its own.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// One name=value of a query string, decoded.
struct QueryParameter {
  std::string name;
  std::string value;
};

// `text` without its percent-encoding: UTF-8. Errors: INVALID_ARGUMENT for a '%' without two hex
// digits behind it, and for bytes that are not UTF-8.
absl::StatusOr<std::string> DecodePercent(std::string_view text);

// The parameters of "a=1&b=x%2Fy", in their order; '+' is a space. A name alone has an empty value.
// Errors: as DecodePercent.
absl::StatusOr<std::vector<QueryParameter>> ParseQuery(std::string_view query);

}  // namespace silhouette
