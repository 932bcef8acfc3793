#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommand `run`: a capture in, a timeline out. Its callback stores the exit
// status (0 done, 1 failed or cut, 2 usage). `exit_status` must outlive the parsing.
void AddRunCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
