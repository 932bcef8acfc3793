#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace silhouette {

// What a label of a metric may be, in words: its values, or how many there are at most.
struct MetricLabel {
  const char* name;
  const char* values;
};

// What a metric is: as it is registered, and as docs/metrics.md says it. Each service has a list of
// its own (metric_list.h in its folder); what several have is in common/metric_list.h.
struct MetricInfo {
  const char* name;  // behind silhouette_SERVICE_
  prometheus::MetricType type;
  const char* unit;  // what it counts or measures; empty for a pure number
  const char* help;
  std::array<MetricLabel, 3> labels = {};  // unused ones are null
};

// The metric of that name. A name that is not declared does not compile.
template <size_t N>
consteval const MetricInfo& Find(const MetricInfo (&list)[N], std::string_view name) {
  for (const MetricInfo& info : list) {
    if (std::string_view(info.name) == name) return info;
  }
  throw "not declared";
}

// "silhouette_capture_overload_rung". `service` is "capture".
std::string FullName(const std::string& service, const MetricInfo& info);

// For a registry: a metric without labels, or the family of one that has some.
prometheus::Counter& AddCounter(prometheus::Registry* registry, const std::string& service,
                                const MetricInfo& info);
prometheus::Gauge& AddGauge(prometheus::Registry* registry, const std::string& service,
                            const MetricInfo& info);
prometheus::Family<prometheus::Counter>& AddCounters(prometheus::Registry* registry,
                                                     const std::string& service,
                                                     const MetricInfo& info);
prometheus::Family<prometheus::Gauge>& AddGauges(prometheus::Registry* registry,
                                                 const std::string& service,
                                                 const MetricInfo& info);
prometheus::Family<prometheus::Histogram>& AddHistograms(prometheus::Registry* registry,
                                                         const std::string& service,
                                                         const MetricInfo& info);

// For what is gathered when somebody looks: a family without values, and a value more for it.
prometheus::MetricFamily FamilyOf(const std::string& service, const MetricInfo& info);
void AddValue(double value, prometheus::MetricFamily* family,
              const std::map<std::string, std::string>& labels = {});
// Both at once.
prometheus::MetricFamily FamilyOf(const std::string& service, const MetricInfo& info, double value);

}  // namespace silhouette
