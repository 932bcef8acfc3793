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
  return families;
}

}  // namespace silhouette
