#include "common/accounting_metrics.h"

#include <map>
#include <string>

#include "common/accounting.h"
#include "common/metric_list.h"

namespace silhouette {
namespace {

// Those that the services give.
constexpr const char* kReasons[] = {"cut_short", "not_asked", "not_data", "not_ip", "unsupported"};
constexpr const char* kOther = "other";

// A peer may give others, whatever it likes.
prometheus::MetricFamily Filtered(const std::string& service, const v1::Accounting& total) {
  std::map<std::string, uint64_t> packets{{kOther, 0}};
  for (const char* reason : kReasons) packets[reason] = 0;
  for (const v1::FilteredCount& count : total.filtered()) {
    const auto known = packets.find(count.reason());
    (known == packets.end() ? packets[kOther] : known->second) += count.packets();
  }
  auto family = FamilyOf(service, Find(kAccountingMetrics, "filtered_packets_total"));
  for (const auto& [reason, number] : packets) {
    AddValue(static_cast<double>(number), &family, {{"reason", reason}});
  }
  return family;
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

std::vector<prometheus::MetricFamily> AccountingMetrics::Collect() const {
  return AccountingFamilies(service_, Total());
}

std::vector<prometheus::MetricFamily> AccountingFamilies(const std::string& service,
                                                         const v1::Accounting& total) {
  const auto family = [&](const MetricInfo& info, uint64_t value) {
    return FamilyOf(service, info, static_cast<double>(value));
  };
  const v1::Loss& loss = total.loss();
  return {
      family(Find(kAccountingMetrics, "received_packets_total"), total.received()),
      family(Find(kAccountingMetrics, "windowed_packets_total"), total.windowed()),
      Filtered(service, total),
      family(Find(kAccountingMetrics, "malformed_packets_total"), total.malformed()),
      family(Find(kAccountingMetrics, "late_packets_total"), total.late()),
      family(Find(kAccountingMetrics, "shed_packets_total"), total.shed()),
      family(Find(kAccountingMetrics, "pending_packets"), total.pending()),
      family(Find(kAccountingMetrics, "kernel_dropped_packets_total"),
             loss.kernel_dropped_packets()),
      family(Find(kAccountingMetrics, "interface_dropped_packets_total"),
             loss.interface_dropped_packets()),
  };
}

}  // namespace silhouette
