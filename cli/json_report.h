#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "cli/findings.h"

namespace silhouette {

// JSON Lines: a {"verdict":{…}} for each window shown, in the order (window start, subject, model),
// and last a {"summary":{…}}. Times are ns since the Unix epoch, shares go from 0 to 1. `source` is
// the file that was read; `cut`, where it was cut.
void WriteJson(const Findings& findings, const std::string& source,
               const std::optional<std::string>& cut, std::ostream* out);

}  // namespace silhouette
