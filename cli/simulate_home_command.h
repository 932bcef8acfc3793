#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `home` to `simulate`.
void AddSimulateHomeCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
