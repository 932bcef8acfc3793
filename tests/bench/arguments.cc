#include "tests/bench/arguments.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace silhouette::bench {
namespace {

constexpr std::string_view kAfresh = "--afresh=";

bool ParseCount(std::string_view text, size_t* count) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *count);
  return error == std::errc() && stop == end && *count > 0;
}

}  // namespace

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--json") {
      arguments.json = true;
    } else if (argument.starts_with(kAfresh)) {
      arguments.afresh = argument.substr(kAfresh.size());
    } else if (argument == "--packets" && ParseCount(value, &arguments.packets)) {
      ++i;
    } else {
      std::fprintf(stderr, "usage: %s [--packets N] [--json]\n", argv[0]);
      std::exit(2);
    }
  }
  return arguments;
}

std::string AfreshArgument(const std::string& work) {
  return absl::StrCat(std::string(kAfresh), work);
}

}  // namespace silhouette::bench
