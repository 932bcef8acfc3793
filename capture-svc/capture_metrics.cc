#include "capture-svc/capture_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "common/accounting_metrics.h"

namespace silhouette {

std::vector<prometheus::MetricFamily> CaptureMetrics::Collect() const {
  auto families = AccountingFamilies("capture", captures_->Total());
  prometheus::ClientMetric forgotten;
  forgotten.counter.value = static_cast<double>(captures_->ForgottenFragments());
  families.push_back({"silhouette_capture_forgotten_fragments_total",
                      "First fragments forgotten early, as more datagrams were open than there is "
                      "room for",
                      prometheus::MetricType::Counter,
                      {forgotten}});
  const CaptureManager::Load load = captures_->WorstLoad();
  const auto gauge = [&](const char* name, const char* help, double value) {
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    families.push_back({name, help, prometheus::MetricType::Gauge, {metric}});
  };
  gauge("silhouette_capture_overload_rung",
        "Of the running capture that is worst off: 0 none, 1 bigger batches, 2 devices are shed, 3 "
        "all that comes is dropped",
        static_cast<double>(load.rung));
  gauge("silhouette_capture_shed_device_ratio", "Share of the devices that it sheds",
        static_cast<double>(load.shed_share) / kShedShares);
  return families;
}

}  // namespace silhouette
