#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommands `man`, which shows manual pages, and `completion`, which prints a
// script for a shell. To be called last, as they know the commands that are there by then.
void AddHelpCommands(CLI::App* parent, int* exit_status);

}  // namespace silhouette
