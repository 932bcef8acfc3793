#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace silhouette {

// `text` with each byte that is not part of valid UTF-8 as \xNN. File names may hold any bytes;
// protos and JSON take UTF-8 alone.
std::string ToUtf8(std::string_view text);

// "1,234,567".
std::string WithThousands(uint64_t number);

}  // namespace silhouette
