#include "capture-svc/capture_metrics.h"

#include <utility>

#include "capture-svc/metric_list.h"
#include "common/accounting_metrics.h"

namespace silhouette {
namespace {

constexpr char kName[] = "capture";

using SourceTotals = CaptureManager::SourceTotals;

template <typename Value>
prometheus::MetricFamily BySource(const MetricInfo& info, const CaptureManager::Totals& totals,
                                  Value SourceTotals::*value) {
  auto family = FamilyOf(kName, info);
  for (const auto& [name, source] : totals.sources) {
    AddValue(static_cast<double>(source.*value), &family, {{"source", name}});
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> CaptureMetrics::Collect() const {
  const CaptureManager::Totals totals = captures_->totals();
  auto families = AccountingFamilies(kName, totals.accounting);
  const auto add = [&](prometheus::MetricFamily family) { families.push_back(std::move(family)); };
  add(BySource(Find(kCaptureMetrics, "running_captures"), totals, &SourceTotals::running));
  add(BySource(Find(kCaptureMetrics, "live_captures"), totals, &SourceTotals::live));
  add(BySource(Find(kCaptureMetrics, "source_received_packets_total"), totals,
               &SourceTotals::received_packets));
  add(BySource(Find(kCaptureMetrics, "source_dropped_packets_total"), totals,
               &SourceTotals::dropped_packets));
  add(BySource(Find(kCaptureMetrics, "source_shed_packets_total"), totals,
               &SourceTotals::shed_packets));
  add(FamilyOf(kName, Find(kCaptureMetrics, "forgotten_fragments_total"),
               static_cast<double>(totals.forgotten_fragments)));
  add(FamilyOf(kName, Find(kCaptureMetrics, "failed_captures_total"),
               static_cast<double>(totals.failed)));
  add(FamilyOf(kName, Find(kCaptureMetrics, "overload_rung"), static_cast<double>(totals.rung)));
  add(FamilyOf(kName, Find(kCaptureMetrics, "shed_device_ratio"),
               static_cast<double>(totals.shed_share) / kShedShares));
  return families;
}

}  // namespace silhouette
