#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/grid.h"
#include "gateway/store.h"
#include "silhouette/v1/timeline.pb.h"

namespace silhouette {

enum class TimelineMethod { kForward, kViterbi };

// One subject's timeline by one model.
struct SubjectTimeline {
  std::vector<v1::Segment> segments;
  v1::TimelinePoints points;
  TimelineMethod method;
  std::vector<std::string> classes;
  std::string model;
};

struct TimelineQuery {
  std::string subject;
  std::string model;                     // empty: the only one that speaks of the subject
  std::optional<TimelineMethod> method;  // none: Viterbi for a run that has ended, else forward
  // Windows that start in [from_ns, to_ns).
  int64_t from_ns = std::numeric_limits<int64_t>::min();
  int64_t to_ns = std::numeric_limits<int64_t>::max();
  // Of several windows, the one whose class is least sure stands for all. 0: no points.
  size_t max_points = std::numeric_limits<size_t>::max();
};

// What a subject was said to be, by hours, days or as a whole.
enum class SummaryStep { kWhole, kHour, kDay };
struct SummaryQuery {
  int64_t run_id = 0;  // 0: all runs
  std::string subject;
  std::string model;  // empty: all
  SummaryStep step = SummaryStep::kWhole;
  // Hours that begin there.
  int64_t from_ns = -kLastPlausibleNs;
  int64_t to_ns = kLastPlausibleNs;  // exclusive
  int64_t utc_offset_minutes = 0;    // where days begin
};
struct SummaryRow {
  std::string model;
  int64_t from_ns = 0;
  int64_t to_ns = 0;
  std::map<std::string, uint64_t> windows;  // by class
};

// Answers people from the store. Thread-safe.
class GatewayEngine {
 public:
  explicit GatewayEngine(std::unique_ptr<VerdictStore> store) : store_(std::move(store)) {}

  VerdictStore* store() { return store_.get(); }

  // Smooths the stored verdicts in window order.
  // Errors: NOT_FOUND, INVALID_ARGUMENT (several models and none named).
  absl::StatusOr<SubjectTimeline> Timeline(const StoredRun& run, const TimelineQuery& query);

  // A model's verdicts on a subject. Errors: as Timeline.
  absl::StatusOr<StoredScores> FindScores(const StoredRun& run, const std::string& subject,
                                          const std::string& model, const WindowRange& range = {});

  // Sorted by (model, time); empty where nothing is known of the subject. Errors: the store's.
  absl::StatusOr<std::vector<SummaryRow>> Summary(const SummaryQuery& query);

 private:
  const std::unique_ptr<VerdictStore> store_;
};

}  // namespace silhouette
