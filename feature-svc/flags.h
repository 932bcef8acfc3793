#pragma once

#include <CLI/CLI.hpp>

#include "feature-svc/limits.h"

namespace silhouette {

// The flags of FeatureLimits: shared by feature-svc and the command-line tool.
void AddLimitFlags(CLI::App* app, FeatureLimits* limits);

}  // namespace silhouette
