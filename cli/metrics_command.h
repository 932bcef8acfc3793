#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `silhouette metrics`: what the services tell on their metrics ports.
void AddMetricsCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
