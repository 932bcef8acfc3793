#pragma once

#include <string>
#include <string_view>

namespace silhouette {

// `text` with each byte that is not part of valid UTF-8 as \xNN. File names may hold any bytes;
// protos and JSON take UTF-8 alone.
std::string ToUtf8(std::string_view text);

}  // namespace silhouette
