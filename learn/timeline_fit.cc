#include "learn/timeline_fit.h"

#include <vector>

namespace silhouette {

bool AreNeighbours(const Dataset& data, size_t row, size_t next) {
  return next == row + 1 && data.window[next] == data.window[row] + 1;
}

v1::TimelineModel FitTimeline(const Dataset& data, std::span<const size_t> rows) {
  const size_t classes = data.classes.size();
  const auto label = [&data](size_t row) { return static_cast<size_t>(data.label[row]); };
  std::vector<double> seen(classes, 1);
  std::vector<double> steps(classes * classes, 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    ++seen[label(rows[i])];
    if (i > 0 && AreNeighbours(data, rows[i - 1], rows[i])) {
      ++steps[label(rows[i - 1]) * classes + label(rows[i])];
    }
  }
  v1::TimelineModel timeline;
  for (size_t from = 0; from < classes; ++from) {
    double total = 0;
    for (size_t to = 0; to < classes; ++to) total += steps[from * classes + to];
    for (size_t to = 0; to < classes; ++to) {
      timeline.add_transition(steps[from * classes + to] / total);
    }
    timeline.add_prior(seen[from] / static_cast<double>(rows.size() + classes));
  }
  return timeline;
}

}  // namespace silhouette
