#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommands `simulate call` and `simulate home`: a capture of made-up traffic and
// its truth.
void AddSimulateCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
