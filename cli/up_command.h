#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// `silhouette up`: all four services on this machine. `exit_status` is set when it has run.
void AddUpCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
