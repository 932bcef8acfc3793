#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// `silhouette incidents`: a gateway's incidents, and on request those that come.
void AddIncidentsCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
