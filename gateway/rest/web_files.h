#pragma once

#include <string_view>

namespace silhouette {

// A file of the gateway's page by its name in gateway/page, or chart.js (Debian's Chart.js). They
// are inside the program. Empty for another name.
std::string_view WebFile(std::string_view name);

}  // namespace silhouette
