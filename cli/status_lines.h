#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {

// How all services fare, as a table with a line for each process: who and where it is, whether it
// serves, since when, and the figures that matter; or why it could not be asked. `gateway` is the
// address under which the gateway was asked, `now_ns` the wall clock.
std::string StatusTable(const v1::GetStatusResponse& response, const std::string& gateway,
                        int64_t now_ns, const Terminal& terminal);

// Whether all that are there answered and serve.
bool AllServe(const v1::GetStatusResponse& response);

// "45 s", "2 h 05 min" or "3 d 4 h"; at least 0.
std::string TimeSince(int64_t start_ns, int64_t now_ns);

}  // namespace silhouette
