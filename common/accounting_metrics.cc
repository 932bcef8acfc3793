#include "common/accounting_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "common/accounting.h"

namespace silhouette {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric Value(MetricType type, uint64_t value) {
  ClientMetric metric;
  if (type == MetricType::Counter) metric.counter.value = static_cast<double>(value);
  if (type == MetricType::Gauge) metric.gauge.value = static_cast<double>(value);
  return metric;
}

MetricFamily Family(const std::string& name, const std::string& help, MetricType type,
                    uint64_t value) {
  return {name, help, type, {Value(type, value)}};
}

}  // namespace

void AccountingMetrics::Update(const std::string& origin, const std::string& run,
                               const v1::Accounting& accounting, bool ended) {
  std::lock_guard lock(mutex_);
  const Key key(origin, run);
  Run& known = runs_[key];
  if (accounting.received() >= known.accounting.received()) known.accounting = accounting;
  known.updated = ++updates_;
  if (ended && !known.ended) Remember(key);
  if (runs_.size() - ended_.size() > kMostOpen) EndOldest();
}

void AccountingMetrics::EndOldest() {
  auto oldest = runs_.end();
  for (auto at = runs_.begin(); at != runs_.end(); ++at) {
    const bool is_older = oldest == runs_.end() || at->second.updated < oldest->second.updated;
    if (!at->second.ended && is_older) oldest = at;
  }
  Remember(oldest->first);
}

void AccountingMetrics::Remember(const Key& key) {
  runs_[key].ended = true;
  ended_.push_back(key);
  if (ended_.size() <= kRemembered) return;
  AddAccounting(&forgotten_, runs_[ended_.front()].accounting);
  runs_.erase(ended_.front());
  ended_.pop_front();
}

v1::Accounting AccountingMetrics::Total() const {
  std::lock_guard lock(mutex_);
  v1::Accounting total = forgotten_;
  for (const auto& [key, run] : runs_) AddAccounting(&total, run.accounting);
  return total;
}

size_t AccountingMetrics::runs() const {
  std::lock_guard lock(mutex_);
  return runs_.size();
}

std::vector<MetricFamily> AccountingMetrics::Collect() const {
  return AccountingFamilies(service_, Total());
}

std::vector<MetricFamily> AccountingFamilies(const std::string& service,
                                             const v1::Accounting& total) {
  const std::string prefix = "silhouette_" + service + "_";
  const auto counter = MetricType::Counter;
  std::vector<MetricFamily> families = {
      Family(prefix + "received_packets_total",
             "Packets received: the sum of windowed, filtered, malformed, late, shed and pending",
             counter, total.received()),
      Family(prefix + "windowed_packets_total", "Packets that at least one window took", counter,
             total.windowed()),
      Family(prefix + "malformed_packets_total", "Packets whose headers contradict themselves",
             counter, total.malformed()),
      Family(prefix + "late_packets_total", "Packets older than the watermark", counter,
             total.late()),
      Family(prefix + "shed_packets_total", "Packets dropped on purpose under overload", counter,
             total.shed()),
      Family(prefix + "pending_packets", "Packets not yet decided", MetricType::Gauge,
             total.pending()),
      Family(prefix + "kernel_dropped_packets_total",
             "Packets the kernel dropped before they were received", counter,
             total.loss().kernel_dropped_packets()),
      Family(prefix + "interface_dropped_packets_total",
             "Packets the interface dropped before they were received", counter,
             total.loss().interface_dropped_packets()),
  };
  MetricFamily filtered{
      prefix + "filtered_packets_total", "Packets left out, by reason", counter, {}};
  for (const v1::FilteredCount& count : total.filtered()) {
    ClientMetric metric = Value(counter, count.packets());
    metric.label.push_back({"reason", count.reason()});
    filtered.metric.push_back(metric);
  }
  families.push_back(std::move(filtered));
  return families;
}

}  // namespace silhouette
