#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/report.h"

namespace silhouette::bench {

// Whole processes by the clock on the wall: flow meters (nfpcapd, softflowd, argus) and
// `silhouette features` over the flood at `path`, and tshark's columns with the arithmetic of
// windows over a smaller one. Each has to say that it read all packets. What is not installed is
// left out, and a line on stderr says what to install.
std::vector<Row> ComparePeers(const std::string& path, size_t packets);

}  // namespace silhouette::bench
