#include "common/link_metrics.h"

#include "common/metrics.h"

namespace silhouette {
namespace {

double Change(size_t before, size_t now) {
  return static_cast<double>(now) - static_cast<double>(before);
}

}  // namespace

LinkMetrics::LinkMetrics(const std::string& service)
    : registry_(std::make_shared<prometheus::Registry>()),
      held_(AddGauge(registry_.get(), "silhouette_" + service + "_link_held_bytes",
                     "Batches kept until they are settled and no longer needed as context")),
      unsent_(AddGauge(registry_.get(), "silhouette_" + service + "_link_unsent_bytes",
                       "Of these, batches that no stream took yet")),
      breaks_(AddCounter(registry_.get(), "silhouette_" + service + "_link_breaks_total",
                         "Streams to the next service that ended before their time")),
      forgotten_(AddCounter(registry_.get(),
                            "silhouette_" + service + "_link_forgotten_batches_total",
                            "Batches not kept until they were settled, as there was no more room")),
      shed_(AddCounter(registry_.get(), "silhouette_" + service + "_link_shed_packets_total",
                       "Packets lost because a stream broke and their batch was forgotten")),
      wrong_acks_(AddCounter(registry_.get(), "silhouette_" + service + "_link_wrong_acks_total",
                             "Acks of what was never sent")) {}

void LinkMetrics::Update(const LinkUse& before, const LinkUse& now) {
  held_.Increment(Change(before.bytes, now.bytes));
  unsent_.Increment(Change(before.unsent_bytes, now.unsent_bytes));
  breaks_.Increment(Change(before.breaks, now.breaks));
  forgotten_.Increment(Change(before.forgotten_batches, now.forgotten_batches));
  shed_.Increment(Change(before.shed_packets, now.shed_packets));
  wrong_acks_.Increment(Change(before.wrong_acks, now.wrong_acks));
}

}  // namespace silhouette
