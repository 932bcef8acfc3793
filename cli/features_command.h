#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `silhouette features`: a capture in, windows of features out.
void AddFeaturesCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
