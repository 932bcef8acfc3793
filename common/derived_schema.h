#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace silhouette {

// A schema whose features follow from the presence.v1 features of a window and of those before it,
// whether a window has just closed or a table of presence.v1 is all there is. From each window come
// some quantities, the first of them its packets; windows without a packet are passed over.
struct DerivedSchema {
  std::string_view schema;
  // Columns of presence.v1 that it looks at.
  std::vector<std::string_view> inputs;
  size_t quantities;  // of each window
  size_t features;
  int windows;          // looked at, with the window itself
  int64_t horizon_ns;   // of the schema
  int64_t lookback_ns;  // horizon of presence.v1: how far back each of these windows looks

  // `row` holds a window's presence.v1 features in their order; only `inputs` are looked at.
  void (*quantities_of)(std::span<const double> row, double* quantities);
  // `past` holds the quantities of the windows before that hold a packet, row-major, the newest
  // last; `own` those of the window itself.
  void (*features_of)(std::span<const double> past, std::span<const double> own, double* features);

  // How many windows before one of this length it looks at: no more than its horizon reaches.
  int64_t PastWindows(int64_t length_ns) const;
};

// Null for a schema that is no derived one.
const DerivedSchema* FindDerivedSchema(std::string_view schema);

}  // namespace silhouette
