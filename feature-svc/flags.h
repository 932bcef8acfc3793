#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "feature-svc/engine.h"
#include "feature-svc/limits.h"

namespace silhouette {

// The flags of FeatureLimits. Both here are shared by feature-svc and the command-line tool.
void AddLimitFlags(CLI::App* app, FeatureLimits* limits);

// What --spec says, each time that it is given. Errors: INVALID_ARGUMENT naming the flag.
absl::StatusOr<SpecSet> ParseSpecFlags(const std::vector<std::string>& texts);

}  // namespace silhouette
