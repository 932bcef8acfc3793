#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// Writes `# simulated: COMMENT`, the header start_s,end_s,label and a line for each interval. The
// comment is the command that makes the capture again, in one line. The file appears whole or not
// at all.
absl::Status WriteTruth(const std::string& path, const std::vector<TruthInterval>& truth,
                        std::string_view comment);

}  // namespace silhouette::simulate
