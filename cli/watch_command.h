#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommand `watch`: shows a gateway's verdicts as they come.
void AddWatchCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
