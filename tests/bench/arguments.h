#pragma once

#include <cstddef>
#include <string>

namespace silhouette::bench {

// What the benches of flood files are started with.
struct Arguments {
  size_t packets = 10'000'000;
  bool json = false;
  std::string afresh;  // instead of the bench: what a bench started afresh has to do
};

// From --packets N and --json; anything else ends the program with usage on stderr and status 2.
Arguments ParseArguments(int argc, char** argv);

// The argument that RunAfresh gives for ParseArguments to make `work` of as `afresh`.
std::string AfreshArgument(const std::string& work);

}  // namespace silhouette::bench
