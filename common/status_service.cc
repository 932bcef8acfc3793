#include "common/status_service.h"

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/options.h"

namespace silhouette {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Nothing for what has more than one value.
std::optional<double> ValueOf(MetricType type, const ClientMetric& metric) {
  if (type == MetricType::Counter) return metric.counter.value;
  if (type == MetricType::Gauge) return metric.gauge.value;
  if (type == MetricType::Untyped) return metric.untyped.value;
  return std::nullopt;
}

void SortByNameAndLabels(std::vector<MetricFamily>* families) {
  for (MetricFamily& family : *families) {
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  std::sort(families->begin(), families->end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
}

}  // namespace

StatusService::StatusService(std::string name, Metrics metrics,
                             std::function<Clock::time_point()> now)
    : name_(std::move(name)),
      metrics_(std::move(metrics)),
      now_(std::move(now)),
      started_ns_(absl::GetCurrentTimeNanos()),
      rates_(now_()) {}

grpc::Status StatusService::GetServiceStatus(grpc::ServerContext* context,
                                             const v1::GetServiceStatusRequest* request,
                                             v1::GetServiceStatusResponse* response) {
  *response->mutable_status() = Status();
  return grpc::Status::OK;
}

v1::ServiceStatus StatusService::Status() const {
  v1::ServiceStatus status;
  status.set_service(name_);
  status.set_version(Version());
  status.set_serving(serving_);
  status.set_started_ns(started_ns_);
  auto families = Collect();
  SortByNameAndLabels(&families);
  const auto now = now_();
  std::lock_guard lock(mutex_);
  for (const MetricFamily& family : families) {
    for (const ClientMetric& metric : family.metric) {
      const auto value = ValueOf(family.type, metric);
      if (!value) continue;
      v1::MetricValue* told = status.add_metrics();
      told->set_name(family.name);
      for (const auto& label : metric.label) (*told->mutable_labels())[label.name] = label.value;
      told->set_value(*value);
      if (family.type != MetricType::Counter) continue;
      told->set_per_second(rates_.PerSecond(now, family.name, metric.label, *value));
    }
  }
  return status;
}

void StatusService::Sample() {
  const auto families = Collect();
  const auto now = now_();
  std::lock_guard lock(mutex_);
  rates_.Sample(now, families);
}

std::vector<MetricFamily> StatusService::Collect() const {
  std::vector<MetricFamily> all;
  for (const auto& collectable : metrics_) {
    auto families = collectable->Collect();
    std::move(families.begin(), families.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace silhouette
