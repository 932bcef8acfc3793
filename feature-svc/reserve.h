#pragma once

#include <cstddef>

namespace silhouette {

// Makes room for `size` elements of a vector or string, and for a quarter more where it must move
// anyway: doubling would leave half of a big one empty.
template <typename Container>
void ReserveFor(size_t size, Container* container) {
  if (size > container->capacity()) container->reserve(size + size / 4);
}

}  // namespace silhouette
