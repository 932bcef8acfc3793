#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace silhouette {

Terminal DescribeTerminal(int file_descriptor) {
  Terminal terminal;
  terminal.is_terminal = isatty(file_descriptor) == 1;
  if (!terminal.is_terminal) return terminal;
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  terminal.colors = !dumb && std::getenv("NO_COLOR") == nullptr;
  winsize size{};
  if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) {
    terminal.width = size.ws_col;
  }
  return terminal;
}

std::string Paint(const Terminal& terminal, int color, std::string_view text) {
  if (!terminal.colors) return std::string(text);
  return absl::StrCat("\033[3", color, "m", std::string(text), "\033[0m");
}

std::string Bold(const Terminal& terminal, std::string_view text) {
  if (!terminal.colors) return std::string(text);
  return absl::StrCat("\033[1m", std::string(text), "\033[0m");
}

std::string ClockTime(int64_t ns) {
  const int64_t tenths = (ns + (ns < 0 ? -50'000'000 : 50'000'000)) / 100'000'000;
  const int64_t all = tenths < 0 ? -tenths : tenths;
  const int64_t seconds = all / 10;
  const std::string sign = tenths < 0 ? "-" : "";
  if (seconds < 3600) {
    return absl::StrFormat("%s%d:%02d.%d", sign, seconds / 60, seconds % 60, all % 10);
  }
  return absl::StrFormat("%s%d:%02d:%02d.%d", sign, seconds / 3600, seconds / 60 % 60, seconds % 60,
                         all % 10);
}

}  // namespace silhouette
