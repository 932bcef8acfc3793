#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "feature-svc/sample_log.h"

namespace silhouette {

// Tells the samples of a log apart by subject.
class SubjectSort {
 public:
  // All numbers of subjects are below `slots`; more memory where they were not.
  void Grow(size_t slots);
  // All numbers of subjects are below `slots` from here on.
  void Resize(size_t slots);

  // By counting. `order` has all subjects of the log; samples of the first come first. What was
  // sorted before has been taken.
  void Sort(const SampleLog& log, std::span<const uint32_t> order);

  size_t count(uint32_t id) const { return counts_[id]; }
  // The samples of a subject of the order, in the order of arrival. Once, then there are none.
  std::span<Sample> Take(uint32_t id) {
    const size_t count = std::exchange(counts_[id], 0);
    return std::span(sorted_).subspan(ends_[id] - count, count);
  }
  // Where it says which these are, to fetch it ahead.
  const void* place(uint32_t id) const { return &ends_[id]; }

 private:
  // By subject.
  std::vector<uint32_t> counts_;  // zero between uses
  std::vector<uint32_t> ends_;    // of its samples in sorted_
  std::vector<Sample> sorted_;
};

}  // namespace silhouette
