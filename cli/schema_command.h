#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `silhouette schema`: what features there are and how they are defined.
void AddSchemaCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
