#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `silhouette evaluate`; its exit status goes to `exit_status`.
void AddEvaluateCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
