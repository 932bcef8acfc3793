#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/schema.h"

namespace silhouette {

// How a schema's features follow from the presence.v1 features of a window and of those before it,
// whether a window has just closed or a table of presence.v1 is all there is. From each window come
// some quantities, the first of them its packets; windows without a packet are passed over.
struct DerivedSchema {
  const FeatureSchema* schema;
  // Columns of presence.v1 that it looks at.
  std::vector<std::string_view> inputs;
  size_t quantities;  // of each window
  int windows;        // looked at, with the window itself

  // `row` holds a window's presence.v1 features in their order; only `inputs` are looked at.
  void (*quantities_of)(std::span<const double> row, double* quantities);
  // `past` holds the quantities of the windows before that hold a packet, row-major, the newest
  // last; `own` those of the window itself.
  void (*features_of)(std::span<const double> past, std::span<const double> own, double* features);

  // How many windows before one of this length, ns, it looks at: each of them looks back as far as
  // presence.v1 does, and none beyond the schema's horizon.
  int64_t PastWindows(int64_t length_ns) const;
};

// Null for a schema that is no derived one.
const DerivedSchema* FindDerivedSchema(std::string_view schema);

// The quantities of one subject's windows that later ones look at: only of windows that hold a
// packet, so that a subject of few packets costs little.
class PastQuantities {
 public:
  // Which windows are looked at: up to `windows` of them, whose numbers are `step` apart.
  struct Reach {
    int64_t windows;
    int64_t step = 1;
  };

  // Appends those of the windows before `window` to `found`, row-major, the newest last.
  void AppendBefore(int64_t window, const Reach& reach, std::vector<double>* found) const;
  // The quantities of `window`; windows come in rising order.
  void Keep(int64_t window, const Reach& reach, std::span<const double> quantities);

 private:
  void DropBefore(int64_t window);

  // Oldest first; as many quantities for each number.
  std::vector<int64_t> numbers_;
  std::vector<double> quantities_;
};

}  // namespace silhouette
