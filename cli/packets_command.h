#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// `silhouette packets FILE`: what the headers of each packet say.
void AddPacketsCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
