#pragma once

#include <string_view>

namespace silhouette {

// True when all values of a UBJSON document (ubjson.org), of the kinds that XGBoost's models have,
// lie within `bytes`. XGBoost itself reads on behind the end of a file that is cut.
bool IsWholeUbjson(std::string_view bytes);

}  // namespace silhouette
