#pragma once

#include <string>

namespace silhouette {

// {"schemas":[{"name", "features":[{"name", "unit", "formula"}]}]}: what the numbers of a verdict's
// features mean, for the page.
const std::string& SchemasJson();

}  // namespace silhouette
