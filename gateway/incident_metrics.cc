#include "gateway/incident_metrics.h"

#include "gateway/metric_list.h"

namespace silhouette {
namespace {

constexpr char kOther[] = "other";

const char* NameOf(v1::Severity severity) {
  if (severity == v1::SEVERITY_HIGH) return "high";
  return severity == v1::SEVERITY_MEDIUM ? "medium" : "low";
}

}  // namespace

IncidentMetrics::IncidentMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      incidents_(
          AddCounters(registry_.get(), "gateway", Find(kGatewayMetrics, "incidents_total"))) {
  // There from the start, whether or not a model reports any.
  for (const v1::Severity each : {v1::SEVERITY_LOW, v1::SEVERITY_MEDIUM, v1::SEVERITY_HIGH}) {
    incidents_.Add({{"kind", kOther}, {"severity", NameOf(each)}});
  }
}

void IncidentMetrics::OnStored(const v1::VerdictBatch& batch,
                               const std::vector<IncidentNews>& news) {
  for (const v1::ModelHead& model : batch.models()) {
    for (const v1::IncidentRule& rule : model.incidents()) {
      CounterOf(rule.class_(), rule.severity());
    }
  }
  for (const IncidentNews& each : news) CounterOf(each.kind, each.severity).Increment();
}

prometheus::Counter& IncidentMetrics::CounterOf(const std::string& kind, v1::Severity severity) {
  std::lock_guard lock(mutex_);
  if (kinds_.size() < kMostKinds) kinds_.insert(kind);
  return incidents_.Add(
      {{"kind", kinds_.contains(kind) ? kind : kOther}, {"severity", NameOf(severity)}});
}

}  // namespace silhouette
