#include "common/server_metrics.h"

#include "absl/time/time.h"
#include "common/grpc_log.h"
#include "common/metric_list.h"

namespace silhouette {

std::vector<prometheus::MetricFamily> ServerMetrics::Collect() const {
  const auto counter = [this](const MetricInfo& info, uint64_t value) {
    return FamilyOf(service_, info, static_cast<double>(value));
  };
  const PeerLimits::Refused refused = limits_->refused();
  auto calls = FamilyOf(service_, Find(kServerMetrics, "refused_calls_total"));
  AddValue(static_cast<double>(refused.open_calls), &calls, {{"reason", "open"}});
  AddValue(static_cast<double>(refused.rate), &calls, {{"reason", "rate"}});
  AddValue(static_cast<double>(refused.peers), &calls, {{"reason", "peers"}});
  std::vector<prometheus::MetricFamily> families{std::move(calls)};
  const TlsCredentials::Counts tls = tls_->counts();
  if (!tls_->options().serves() && !tls_->options().connects()) return families;
  families.push_back(
      counter(Find(kServerMetrics, "tls_failed_handshakes_total"), FailedHandshakes()));
  families.push_back(counter(Find(kServerMetrics, "tls_reloads_total"), tls.reloads));
  families.push_back(counter(Find(kServerMetrics, "tls_failed_reloads_total"), tls.failed_reloads));
  if (tls.certificate_ends) {
    families.push_back(FamilyOf(service_,
                                Find(kServerMetrics, "tls_certificate_end_timestamp_seconds"),
                                static_cast<double>(absl::ToUnixSeconds(*tls.certificate_ends))));
  }
  return families;
}

}  // namespace silhouette
