#pragma once

#include <string_view>

namespace silhouette {

// The text of one of the files that evaluate's page is made of, as report.css, by its name in
// cli/report, or chart.min.js. They are inside the program: it needs no file at run time. Empty for
// another name.
std::string_view PageFile(std::string_view name);

}  // namespace silhouette
