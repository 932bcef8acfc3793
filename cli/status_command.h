#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Registers the subcommand `status`: shows how a gateway and its services fare.
void AddStatusCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
