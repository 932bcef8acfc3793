#include "common/link_metrics.h"

#include <optional>

#include "common/metric_list.h"

namespace silhouette {
namespace {

double Change(size_t before, size_t now) {
  return static_cast<double>(now) - static_cast<double>(before);
}

void Move(const std::optional<AgeSet::Clock::time_point>& before,
          const std::optional<AgeSet::Clock::time_point>& now, AgeSet* ages) {
  if (before == now) return;
  if (before) ages->Remove(*before);
  if (now) ages->Add(*now);
}

}  // namespace

LinkMetrics::LinkMetrics(std::string service)
    : service_(std::move(service)),
      held_(AddGauge(&registry_, service_, Find(kLinkMetrics, "link_held_bytes"))),
      unsent_(AddGauge(&registry_, service_, Find(kLinkMetrics, "link_unsent_bytes"))),
      unsettled_(AddGauge(&registry_, service_, Find(kLinkMetrics, "link_unsettled_batches"))),
      settled_(AddCounter(&registry_, service_, Find(kLinkMetrics, "link_settled_batches_total"))),
      breaks_(AddCounter(&registry_, service_, Find(kLinkMetrics, "link_breaks_total"))),
      forgotten_(
          AddCounter(&registry_, service_, Find(kLinkMetrics, "link_forgotten_batches_total"))),
      shed_(AddCounter(&registry_, service_, Find(kLinkMetrics, "link_shed_packets_total"))),
      wrong_acks_(AddCounter(&registry_, service_, Find(kLinkMetrics, "link_wrong_acks_total"))) {}

void LinkMetrics::Update(const LinkUse& before, const LinkUse& now) {
  held_.Increment(Change(before.bytes, now.bytes));
  unsent_.Increment(Change(before.unsent_bytes, now.unsent_bytes));
  unsettled_.Increment(Change(before.unsettled_batches, now.unsettled_batches));
  settled_.Increment(Change(before.settled_batches, now.settled_batches));
  breaks_.Increment(Change(before.breaks, now.breaks));
  forgotten_.Increment(Change(before.forgotten_batches, now.forgotten_batches));
  shed_.Increment(Change(before.shed_packets, now.shed_packets));
  wrong_acks_.Increment(Change(before.wrong_acks, now.wrong_acks));
  Move(before.oldest_unsettled, now.oldest_unsettled, &oldest_unsettled_);
  Move(before.oldest_unsent, now.oldest_unsent, &oldest_unsent_);
}

std::vector<prometheus::MetricFamily> LinkMetrics::Collect() const {
  auto families = registry_.Collect();
  families.push_back(FamilyOf(service_, Find(kLinkMetrics, "link_oldest_unsettled_seconds"),
                              oldest_unsettled_.OldestSeconds()));
  families.push_back(FamilyOf(service_, Find(kLinkMetrics, "link_oldest_unsent_seconds"),
                              oldest_unsent_.OldestSeconds()));
  return families;
}

}  // namespace silhouette
