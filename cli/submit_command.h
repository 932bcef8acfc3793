#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// `silhouette submit`: hands captures to a gateway. `exit_status` is set when it has run.
void AddSubmitCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
