#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommand `timeline`: shows a run that a gateway stores, as `run` shows its own.
void AddTimelineCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
