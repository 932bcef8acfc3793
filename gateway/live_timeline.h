#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/grid.h"
#include "common/timeline.h"
#include "gateway/engine.h"

namespace silhouette {

// The forward timeline of one subject by one model, window by window as verdicts are stored.
class LiveTimeline {
 public:
  // Knows what was stored up to the verdict with this number; as much of its end as tells the
  // state. An empty model means the only one that speaks of the subject. Errors: as
  // GatewayEngine::Timeline.
  static absl::StatusOr<LiveTimeline> Start(GatewayEngine* engine, const StoredRun& run,
                                            const std::string& subject, const std::string& model,
                                            int64_t number);

  // The state at the last window that is known, as one point, or none.
  v1::TimelinePoints Last() const;
  // The states at the windows of further verdicts. Windows that are known are left out, and those
  // of versions with another number of classes.
  v1::TimelinePoints Add(const std::vector<v1::Verdict>& verdicts);

  const v1::ModelHead& model() const { return model_; }

 private:
  LiveTimeline(const v1::ModelHead& model, int64_t grid_start_ns);
  v1::TimelinePoints Add(std::span<const int64_t> start_ns,
                         const std::vector<float>& probabilities);

  v1::ModelHead model_;
  Grid grid_;
  std::optional<ForwardFilter> filter_;  // none for a model without a timeline
  std::optional<int64_t> last_ns_;       // start of the last window
  SmoothedWindow last_{0, 0};
};

}  // namespace silhouette
