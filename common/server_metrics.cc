#include "common/server_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "absl/time/time.h"
#include "common/grpc_log.h"

namespace silhouette {
namespace {

prometheus::ClientMetric Counted(uint64_t value) {
  prometheus::ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  return metric;
}

prometheus::ClientMetric RefusedFor(const char* reason, uint64_t value) {
  prometheus::ClientMetric metric = Counted(value);
  metric.label = {{"reason", reason}};
  return metric;
}

}  // namespace

std::vector<prometheus::MetricFamily> ServerMetrics::Collect() const {
  using Type = prometheus::MetricType;
  const PeerLimits::Refused refused = limits_->refused();
  std::vector<prometheus::MetricFamily> families{
      {prefix_ + "refused_calls_total",
       "Calls refused: a peer had too many open, began too many, or there were too many peers",
       Type::Counter,
       {RefusedFor("open", refused.open_calls), RefusedFor("rate", refused.rate),
        RefusedFor("peers", refused.peers)}}};
  const TlsCredentials::Counts tls = tls_->counts();
  if (!tls_->options().serves() && !tls_->options().connects()) return families;
  families.push_back({prefix_ + "tls_failed_handshakes_total",
                      "TLS handshakes that failed, with clients and with servers",
                      Type::Counter,
                      {Counted(FailedHandshakes())}});
  families.push_back({prefix_ + "tls_reloads_total",
                      "How often changed TLS files were taken",
                      Type::Counter,
                      {Counted(tls.reloads)}});
  families.push_back({prefix_ + "tls_failed_reloads_total",
                      "How often changed TLS files were not taken, as something is wrong with them",
                      Type::Counter,
                      {Counted(tls.failed_reloads)}});
  if (tls.certificate_ends) {
    prometheus::ClientMetric ends;
    ends.gauge.value = static_cast<double>(absl::ToUnixSeconds(*tls.certificate_ends));
    families.push_back({prefix_ + "tls_certificate_end_timestamp_seconds",
                        "When the certificate in use expires, since the Unix epoch",
                        Type::Gauge,
                        {ends}});
  }
  return families;
}

}  // namespace silhouette
