#pragma once

#include <cstddef>

namespace silhouette {

// What bounds the memory of one run's windows.
struct FeatureLimits {
  // Subjects of one kind and filter that windows are open for or look back to; beyond, the least
  // recently active ones are evicted. At least kMinSubjects.
  size_t subjects = size_t{1} << 18;
  // Samples that one window of one subject uses, the first ones; windows with more are partial.
  size_t window_samples = size_t{1} << 20;
  // Samples of one spec's open windows together; packets beyond are shed.
  size_t samples = size_t{1} << 23;

  static constexpr size_t kMinSubjects = 16;
};

}  // namespace silhouette
