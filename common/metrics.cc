#include "common/metrics.h"

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

using prometheus::MetricType;

template <typename Builder>
auto& Build(Builder builder, prometheus::Registry* registry, const std::string& service,
            const MetricInfo& info) {
  return builder.Name(FullName(service, info)).Help(info.help).Register(*registry);
}

}  // namespace

std::string FullName(const std::string& service, const MetricInfo& info) {
  return absl::StrCat("silhouette_", service, "_", info.name);
}

prometheus::Counter& AddCounter(prometheus::Registry* registry, const std::string& service,
                                const MetricInfo& info) {
  return AddCounters(registry, service, info).Add({});
}

prometheus::Gauge& AddGauge(prometheus::Registry* registry, const std::string& service,
                            const MetricInfo& info) {
  return AddGauges(registry, service, info).Add({});
}

prometheus::Family<prometheus::Counter>& AddCounters(prometheus::Registry* registry,
                                                     const std::string& service,
                                                     const MetricInfo& info) {
  return Build(prometheus::BuildCounter(), registry, service, info);
}

prometheus::Family<prometheus::Gauge>& AddGauges(prometheus::Registry* registry,
                                                 const std::string& service,
                                                 const MetricInfo& info) {
  return Build(prometheus::BuildGauge(), registry, service, info);
}

prometheus::Family<prometheus::Histogram>& AddHistograms(prometheus::Registry* registry,
                                                         const std::string& service,
                                                         const MetricInfo& info) {
  return Build(prometheus::BuildHistogram(), registry, service, info);
}

prometheus::MetricFamily FamilyOf(const std::string& service, const MetricInfo& info) {
  return {FullName(service, info), info.help, info.type, {}};
}

void AddValue(double value, prometheus::MetricFamily* family,
              const std::map<std::string, std::string>& labels) {
  prometheus::ClientMetric& metric = family->metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  (family->type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

prometheus::MetricFamily FamilyOf(const std::string& service, const MetricInfo& info,
                                  double value) {
  prometheus::MetricFamily family = FamilyOf(service, info);
  AddValue(value, &family);
  return family;
}

}  // namespace silhouette
