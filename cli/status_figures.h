#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "silhouette/v1/status_service.pb.h"

namespace silhouette {

// The few of a process's metrics that tell how it fares, in words on one line: how much goes
// through it and what is lost on the way. What needs somebody's hand is painted.
std::string StatusFigures(const v1::ServiceStatus& status, int64_t now_ns,
                          const Terminal& terminal);

}  // namespace silhouette
