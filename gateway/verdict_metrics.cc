#include "gateway/verdict_metrics.h"

#include <algorithm>
#include <limits>
#include <string>

#include "gateway/metric_list.h"

namespace silhouette {
namespace {

constexpr char kName[] = "gateway";
// Upper ends: 100 µs to 1 s.
const std::vector<double> kLatencies{1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2,
                                     2e-2, 5e-2, 0.1,  0.2,  0.5,  1};

// Of the newest window.
int64_t NewestEnd(const v1::VerdictBatch& batch) {
  int64_t newest_ns = std::numeric_limits<int64_t>::min();
  for (const v1::ModelVerdict& verdict : batch.verdicts()) {
    const auto& model = batch.models(static_cast<int>(verdict.model()));
    newest_ns = std::max(newest_ns, verdict.window_start_ns() + model.length_ns());
  }
  return newest_ns;
}

double Seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

}  // namespace

VerdictMetrics::VerdictMetrics(std::function<int64_t()> now_ns)
    : now_ns_(std::move(now_ns)),
      registry_(std::make_shared<prometheus::Registry>()),
      stored_(AddCounter(registry_.get(), kName, Find(kGatewayMetrics, "stored_verdicts_total"))),
      repeated_(
          AddCounter(registry_.get(), kName, Find(kGatewayMetrics, "repeated_verdicts_total"))),
      latency_(
          AddHistograms(registry_.get(), kName, Find(kGatewayMetrics, "verdict_latency_seconds"))),
      lag_(std::make_shared<SourceLag>(kName, Find(kGatewayMetrics, "window_lag_seconds"))) {}

void VerdictMetrics::OnStored(const v1::VerdictBatch& batch, uint64_t added) {
  stored_.Increment(static_cast<double>(added));
  repeated_.Increment(static_cast<double>(batch.verdicts_size()) - static_cast<double>(added));
  if (added > 0) TellTimes(batch);
  const v1::BatchHeader& header = batch.header();
  const bool is_live = header.source_kind() == v1::SOURCE_KIND_INTERFACE;
  if (is_live && header.end_of_run()) lag_->Remove(sources_.Of(header));
}

void VerdictMetrics::TellTimes(const v1::VerdictBatch& batch) {
  const v1::BatchHeader& header = batch.header();
  const std::string source = sources_.Of(header);
  const int64_t now_ns = now_ns_();
  if (header.told_ns() != 0) {
    latency_.Add({{"source", source}}, kLatencies)
        .Observe(std::max(0.0, Seconds(now_ns - header.told_ns())));
  }
  if (header.source_kind() == v1::SOURCE_KIND_INTERFACE) {
    lag_->Set(source, Seconds(now_ns - NewestEnd(batch)));
  }
}

}  // namespace silhouette
