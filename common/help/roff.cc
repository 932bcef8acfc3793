#include "common/help/roff.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace silhouette {
namespace {

// How many bytes the character that begins with `first` has in UTF-8; 1 for what is none.
size_t Utf8Length(unsigned char first) {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

uint32_t Decode(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  uint32_t code = byte(0) & (0xffU >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3fU);
  return code;
}

const char* Named(char c) {
  switch (c) {
    case '\\':
      return "\\(rs";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case '"':
      return "\\(dq";
    default:
      return nullptr;
  }
}

std::string Escape(std::string_view text, const char* hyphen) {
  std::string roff;
  for (size_t i = 0; i < text.size();) {
    const size_t length =
        std::min(Utf8Length(static_cast<unsigned char>(text[i])), text.size() - i);
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && text[i] == '.') roff += "\\&";
    if (length > 1) {
      absl::StrAppendFormat(&roff, "\\[u%04X]", Decode(text.substr(i, length)));
    } else if (const char* named = Named(text[i]); named != nullptr) {
      roff += named;
    } else {
      text[i] == '-' ? roff += hyphen : roff += text[i];
    }
    i += length;
  }
  return roff;
}

}  // namespace

std::string RoffText(std::string_view text) { return Escape(text, "-"); }
std::string RoffLiteral(std::string_view text) { return Escape(text, "\\-"); }

}  // namespace silhouette
