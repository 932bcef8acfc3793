#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/store.h"
#include "silhouette/v1/timeline.pb.h"

namespace silhouette {

enum class TimelineMethod { kForward, kViterbi };

// One subject's timeline by one model.
struct SubjectTimeline {
  std::vector<v1::Segment> segments;
  std::vector<v1::TimelinePoint> points;  // one a window
  TimelineMethod method;
  std::vector<std::string> classes;
};

// Answers people from the store. Thread-safe.
class GatewayEngine {
 public:
  explicit GatewayEngine(std::unique_ptr<VerdictStore> store) : store_(std::move(store)) {}

  VerdictStore* store() { return store_.get(); }

  // Smooths the stored verdicts in window order. Without a method: Viterbi for a run that has
  // ended, forward otherwise. An empty model means the only one that speaks of the subject.
  // Errors: NOT_FOUND, INVALID_ARGUMENT (several models and none named).
  absl::StatusOr<SubjectTimeline> Timeline(const StoredRun& run, const std::string& subject,
                                           const std::string& model,
                                           std::optional<TimelineMethod> method);

 private:
  absl::StatusOr<StoredScores> FindScores(const StoredRun& run, const std::string& subject,
                                          const std::string& model);

  const std::unique_ptr<VerdictStore> store_;
};

}  // namespace silhouette
