#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// `silhouette jobs`: what a gateway was handed. `exit_status` is set when it has run.
void AddJobsCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
