#include "cli/score.h"

#include <algorithm>
#include <iterator>

#include "cli/findings.h"

namespace silhouette {
namespace {

// Where a window lies in the timeline; null: nowhere.
const v1::Segment* SegmentAt(const v1::GetTimelineResponse& timeline, int64_t start_ns) {
  const auto& segments = timeline.segments();
  const auto behind = std::upper_bound(
      segments.begin(), segments.end(), start_ns,
      [](int64_t ns, const v1::Segment& segment) { return ns < segment.from_ns(); });
  if (behind == segments.begin()) return nullptr;
  const v1::Segment& segment = *std::prev(behind);
  return start_ns < segment.to_ns() ? &segment : nullptr;
}

}  // namespace

double Accuracy(const Confusion& confusion) {
  uint64_t all = 0, right = 0;
  for (const auto& [pair, windows] : confusion) {
    all += windows;
    if (pair.first == pair.second) right += windows;
  }
  return all == 0 ? 0 : static_cast<double>(right) / static_cast<double>(all);
}

Score ScoreFindings(const std::vector<const SubjectFindings*>& subjects, const Truth& truth,
                    int64_t zero_ns) {
  Score score;
  for (const SubjectFindings* subject : subjects) {
    for (const v1::Verdict& verdict : subject->verdicts) {
      const int64_t middle =
          verdict.window_start_ns() + (verdict.window_end_ns() - verdict.window_start_ns()) / 2;
      const std::optional<std::string> label = truth.LabelAt(middle, zero_ns);
      if (!label) {
        ++score.outside;
        continue;
      }
      ++score.windows;
      ++score.per_window[{*label, verdict.class_()}];
      // An older model version's windows may have no place in the timeline.
      const v1::Segment* const segment = SegmentAt(subject->timeline, verdict.window_start_ns());
      if (segment != nullptr) ++score.timeline[{*label, segment->class_()}];
    }
  }
  return score;
}

}  // namespace silhouette
