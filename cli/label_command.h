#pragma once

#include <CLI/CLI.hpp>

namespace silhouette {

// Adds `silhouette label`: makes a truth by hand, or checks one against its capture.
void AddLabelCommand(CLI::App* parent, int* exit_status);

}  // namespace silhouette
