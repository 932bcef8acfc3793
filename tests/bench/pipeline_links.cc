#include "tests/bench/pipeline_links.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/link_metrics.h"
#include "tests/bench/check.h"

namespace silhouette::bench {
namespace {

// What a service says that its links hold.
class HeldGauge {
 public:
  // Ends the bench where it is not among them.
  explicit HeldGauge(const std::vector<std::shared_ptr<prometheus::Collectable>>& metrics) {
    for (const auto& collectable : metrics) {
      if (ReadFrom(*collectable)) links_ = collectable;
    }
    if (links_ == nullptr) Check(absl::InternalError("no metric of what links hold"));
  }

  size_t Read() const { return *ReadFrom(*links_); }

 private:
  static std::optional<size_t> ReadFrom(const prometheus::Collectable& collectable) {
    for (const prometheus::MetricFamily& family : collectable.Collect()) {
      if (!family.name.ends_with("_link_held_bytes")) continue;
      return static_cast<size_t>(family.metric.front().gauge.value);
    }
    return std::nullopt;
  }

  std::shared_ptr<prometheus::Collectable> links_;
};

}  // namespace

PipelineLinks::PipelineLinks() { packets.metrics = std::make_shared<LinkMetrics>("capture"); }

PipelineLinks SettledAcks() { return {}; }

PipelineLinks AcksAtReceipt() {
  PipelineLinks links;
  links.packets.limits.keeps_unsettled = false;
  links.windows.limits.keeps_unsettled = false;
  return links;
}

HeldBytesWatch::HeldBytesWatch(const PipelineLinks& links, const FeatureService& feature,
                               HeldBytes* held)
    : thread_([=, this, packets = HeldGauge({links.packets.metrics}),
               windows = HeldGauge(feature.metrics())] {
        while (!stopped_) {
          held->packets = std::max(held->packets, packets.Read());
          held->windows = std::max(held->windows, windows.Read());
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }) {}

HeldBytesWatch::~HeldBytesWatch() {
  stopped_ = true;
  thread_.join();
}

}  // namespace silhouette::bench
