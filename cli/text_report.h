#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "cli/findings.h"
#include "cli/terminal.h"
#include "learn/data/truth.h"

namespace silhouette {

// For people: which conversations are calls and why, a strip of each timeline over its truth, the
// segments, the score and where the packets went.
void WriteText(const Findings& findings, const std::string& source,
               const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out);

}  // namespace silhouette
