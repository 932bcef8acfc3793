#pragma once

#include <string>
#include <string_view>

namespace silhouette {

// Text as roff shows it unchanged, in ASCII: backslashes, quotes that would be curled, characters
// beyond ASCII, and lines that would be requests. A line break stays one.
std::string RoffText(std::string_view text);

// The same for what people may copy: its hyphens are what they type, too.
std::string RoffLiteral(std::string_view text);

}  // namespace silhouette
