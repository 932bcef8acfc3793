#include "gateway/rest/query.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/text.h"

namespace silhouette {
namespace {

bool StartsWithTwoHexDigits(std::string_view text) {
  return text.size() >= 2 && absl::ascii_isxdigit(static_cast<unsigned char>(text[0])) &&
         absl::ascii_isxdigit(static_cast<unsigned char>(text[1]));
}

}  // namespace

absl::StatusOr<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (!StartsWithTwoHexDigits(text.substr(i + 1))) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", ToUtf8(text),
                       "\": a % must have two hex digits behind it; a % itself is written %25"));
    }
    decoded += absl::HexStringToBytes(ToAbsl(text.substr(i + 1, 2)));
    i += 2;
  }
  if (ToUtf8(decoded) != decoded) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToUtf8(text), "\": does not stand for UTF-8 text"));
  }
  return decoded;
}

absl::StatusOr<std::vector<QueryParameter>> ParseQuery(std::string_view query) {
  std::string text(query);
  std::replace(text.begin(), text.end(), '+', ' ');
  std::vector<QueryParameter> parameters;
  for (absl::string_view part : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> halves =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    auto name = DecodePercent(halves.first);
    if (!name.ok()) return name.status();
    auto value = DecodePercent(halves.second);
    if (!value.ok()) return value.status();
    parameters.push_back({*std::move(name), *std::move(value)});
  }
  return parameters;
}

}  // namespace silhouette
