#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace silhouette {

// --man and --completion of a program without commands. One with commands has commands for them.
// `version` is "0.1.0".
void AddHelpFlags(CLI::App* app, const std::string& version);

}  // namespace silhouette
