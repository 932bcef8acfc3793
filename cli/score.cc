#include "cli/score.h"

#include "cli/findings.h"

namespace silhouette {

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
    std::map<int64_t, std::string> smoothed;  // class by window start
    const v1::GetTimelineResponse& timeline = subject->timeline;
    for (int i = 0; i < timeline.points().window_start_ns_size(); ++i) {
      smoothed[timeline.points().window_start_ns(i)] =
          timeline.classes(static_cast<int>(timeline.points().class_index(i)));
    }
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
      if (const auto at = smoothed.find(verdict.window_start_ns()); at != smoothed.end()) {
        ++score.timeline[{*label, at->second}];
      }
    }
  }
  return score;
}

}  // namespace silhouette
