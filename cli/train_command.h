#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommand `train`. Its callback trains, prints what came out and stores the exit
// status (0 done, 1 failed). `exit_status` must outlive the parsing.
void AddTrainCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
