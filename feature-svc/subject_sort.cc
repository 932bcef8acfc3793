#include "feature-svc/subject_sort.h"

#include "feature-svc/reserve.h"

namespace silhouette {

void SubjectSort::Grow(size_t slots) {
  if (slots <= counts_.size()) return;
  ReserveFor(slots, &counts_);
  ReserveFor(slots, &ends_);
  Resize(slots);
}

void SubjectSort::Resize(size_t slots) {
  counts_.resize(slots);
  ends_.resize(slots);
}

void SubjectSort::Sort(const SampleLog& log, std::span<const uint32_t> order) {
  if (sorted_.size() < log.size()) sorted_.resize(log.size());
  for (uint32_t id : log.subject) ++counts_[id];
  uint32_t offset = 0;
  for (uint32_t id : order) {
    ends_[id] = offset;  // its start, until its samples are there
    offset += counts_[id];
  }
  const bool wide = !log.flow.empty();
  for (size_t row = 0; row < log.size(); ++row) {
    sorted_[ends_[log.subject[row]]++] = {log.stamp[row], log.wire_bytes[row],
                                          wide ? log.flow[row] : 0};
  }
}

}  // namespace silhouette
