#include "learn/data/truth_recorder.h"

#include <algorithm>
#include <utility>

namespace silhouette {

int64_t TruthRecorder::Advance(int64_t time_ns) {
  const int64_t before_ns = std::exchange(clock_ns_, time_ns);
  now_ns_ = std::max(now_ns_, time_ns);
  return std::max<int64_t>(before_ns - time_ns, 0);
}

bool TruthRecorder::Change(State state) {
  if (state == this->state()) return false;
  changes_.push_back({now_ns_, state});
  return true;
}

bool TruthRecorder::Undo() {
  if (changes_.empty()) return false;
  changes_.pop_back();
  return true;
}

std::vector<TruthInterval> TruthRecorder::Intervals() const {
  std::vector<TruthInterval> intervals;
  for (size_t i = 0; i < changes_.size(); ++i) {
    const auto& [start_ns, state] = changes_[i];
    const int64_t end_ns = i + 1 < changes_.size() ? changes_[i + 1].time_ns : now_ns_;
    if (state && end_ns > start_ns) intervals.push_back({start_ns, end_ns, classes_[*state]});
  }
  return intervals;
}

}  // namespace silhouette
