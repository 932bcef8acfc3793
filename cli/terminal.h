#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/text.h"

namespace silhouette {

// What a stream can show.
struct Terminal {
  bool is_terminal = false;
  bool colors = false;  // a terminal, and neither NO_COLOR nor TERM=dumb
  size_t width = 80;    // columns
};
Terminal DescribeTerminal(int file_descriptor);

// `text` in a colour of the terminal's palette (0 to 7), or as it is without colours.
std::string Paint(const Terminal& terminal, int color, std::string_view text);
std::string Bold(const Terminal& terminal, std::string_view text);

// Nanoseconds as "2:05.5", or "1:02:05.5" from an hour on; tenths of a second.
std::string ClockTime(int64_t ns);

}  // namespace silhouette
