#include "common/accounting_metrics.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <string>

#include "common/accounting.h"
#include "common/metric_list.h"

namespace silhouette {
namespace {

// Those that the services give.
constexpr const char* kReasons[] = {"cut_short", "not_asked", "not_data", "not_ip", "unsupported"};
constexpr const char* kOther = "other";
enum Term : size_t { kWindowed, kMalformed, kLate, kShed, kFirstReason };
constexpr size_t kOtherReason = kFirstReason + std::size(kReasons);

size_t TermOf(const std::string& reason) {
  const auto* known = std::find(std::begin(kReasons), std::end(kReasons), reason);
  return kFirstReason + static_cast<size_t>(known - std::begin(kReasons));
}

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

AccountingMetrics::Counts AccountingMetrics::CountsOf(const v1::Accounting& accounting) {
  static_assert(kTerms == kOtherReason + 1);
  Counts counts;
  counts.received = accounting.received();
  counts.decided[kWindowed] = accounting.windowed();
  counts.decided[kMalformed] = accounting.malformed();
  counts.decided[kLate] = accounting.late();
  counts.decided[kShed] = accounting.shed();
  for (const v1::FilteredCount& filtered : accounting.filtered()) {
    counts.decided[TermOf(filtered.reason())] += filtered.packets();
  }
  counts.kernel_dropped = accounting.loss().kernel_dropped_packets();
  counts.interface_dropped = accounting.loss().interface_dropped_packets();
  return counts;
}

void AccountingMetrics::Update(const v1::BatchHeader& header, const v1::Accounting& accounting) {
  const Counts now = CountsOf(accounting);
  const Key key(header.origin(), header.run());
  std::lock_guard lock(mutex_);
  auto [at, is_new] = runs_.try_emplace(key);
  Run& run = at->second;
  const bool is_in_midst =
      header.sequence() > 1 || header.has_settled_until_ns() || header.has_complete_from_ns();
  if (is_new && is_in_midst) {
    run.counted = now;
    run.counted.received = std::accumulate(now.decided.begin(), now.decided.end(), uint64_t{0});
  }
  CountMore(now, &run.counted);
  run.updated = ++updates_;
  if (header.end_of_run() && !run.ended) Remember(key);
  if (runs_.size() - ended_.size() > kMostOpen) EndOldest();
}

// After a break, packets that were counted under one term may come under another: they stay where
// they were counted first.
void AccountingMetrics::CountMore(const Counts& now, Counts* counted) {
  if (now.received < counted->received) return;
  uint64_t elsewhere = 0;
  for (size_t i = 0; i < kTerms; ++i) {
    elsewhere += counted->decided[i] - std::min(counted->decided[i], now.decided[i]);
  }
  const auto raise = [](uint64_t by, uint64_t* count, uint64_t* total) {
    *count += by;
    *total += by;
  };
  for (size_t i = kTerms; i-- > 0;) {
    const uint64_t more = std::max(now.decided[i], counted->decided[i]) - counted->decided[i];
    const uint64_t moved = std::min(more, elsewhere);
    elsewhere -= moved;
    raise(more - moved, &counted->decided[i], &total_.decided[i]);
  }
  raise(now.received - counted->received, &counted->received, &total_.received);
  const auto raise_to = [&](uint64_t to, uint64_t* count, uint64_t* total) {
    raise(std::max(to, *count) - *count, count, total);
  };
  raise_to(now.kernel_dropped, &counted->kernel_dropped, &total_.kernel_dropped);
  raise_to(now.interface_dropped, &counted->interface_dropped, &total_.interface_dropped);
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
  runs_.erase(ended_.front());
  ended_.pop_front();
}

v1::Accounting AccountingMetrics::Total() const {
  Counts counts;
  {
    std::lock_guard lock(mutex_);
    counts = total_;
  }
  v1::Accounting total;
  total.set_received(counts.received);
  total.set_windowed(counts.decided[kWindowed]);
  total.set_malformed(counts.decided[kMalformed]);
  total.set_late(counts.decided[kLate]);
  total.set_shed(counts.decided[kShed]);
  for (size_t term = kFirstReason; term < kTerms; ++term) {
    if (counts.decided[term] == 0) continue;
    AddFiltered(&total, term == kOtherReason ? kOther : kReasons[term - kFirstReason],
                counts.decided[term]);
  }
  total.set_pending(counts.received -
                    std::accumulate(counts.decided.begin(), counts.decided.end(), uint64_t{0}));
  total.mutable_loss()->set_kernel_dropped_packets(counts.kernel_dropped);
  total.mutable_loss()->set_interface_dropped_packets(counts.interface_dropped);
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
