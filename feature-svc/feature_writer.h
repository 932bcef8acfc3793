#pragma once

#include <cstddef>

namespace silhouette {

// Writes values one behind the other.
class FeatureWriter {
 public:
  explicit FeatureWriter(double* at) : at_(at) {}
  void Add(double value) { *at_++ = value; }
  void Count(size_t count) { Add(static_cast<double>(count)); }

 private:
  double* at_;
};

}  // namespace silhouette
