#pragma once

#include <prometheus/collectable.h>

#include <memory>
#include <string>
#include <vector>

#include "common/peer_limits.h"
#include "common/tls_credentials.h"

namespace silhouette {

// What a service's server refused, and until when its certificate holds. Thread-safe.
class ServerMetrics : public prometheus::Collectable {
 public:
  // `tls` must outlive this. `service` is "feature", as in the names.
  ServerMetrics(std::string service, const TlsCredentials* tls, std::shared_ptr<PeerLimits> limits)
      : service_(std::move(service)), tls_(tls), limits_(std::move(limits)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string service_;
  const TlsCredentials* const tls_;
  const std::shared_ptr<PeerLimits> limits_;
};

}  // namespace silhouette
