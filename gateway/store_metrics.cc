#include "gateway/store_metrics.h"

namespace silhouette {
namespace {

constexpr char kName[] = "gateway";

}  // namespace

StoreMetrics::StoreMetrics()
    : failing_(AddGauge(&registry_, kName, Find(kGatewayMetrics, "store_failing"))),
      retries_(AddCounter(&registry_, kName, Find(kGatewayMetrics, "store_retries_total"))) {}

std::vector<prometheus::MetricFamily> StoreMetrics::Collect() const {
  auto families = registry_.Collect();
  families.push_back(FamilyOf(kName, Find(kGatewayMetrics, "store_waiting_batches"),
                              static_cast<double>(waiting_.size())));
  families.push_back(FamilyOf(kName, Find(kGatewayMetrics, "store_oldest_waiting_seconds"),
                              waiting_.OldestSeconds()));
  return families;
}

}  // namespace silhouette
