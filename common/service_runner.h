#pragma once

#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/grpc_server.h"
#include "common/options.h"
#include "common/peer_limits.h"
#include "common/status_service.h"
#include "common/ticker.h"
#include "common/tls_credentials.h"

namespace silhouette {

// What makes a service: its RPCs, their names for the health service, and its metrics.
struct ServiceParts {
  std::string name;        // "feature-svc"
  std::string short_name;  // "feature", as in its metrics
  grpc::Service* service = nullptr;
  std::string full_name;  // "silhouette.v1.FeatureService"
  std::vector<std::shared_ptr<prometheus::Collectable>> metrics;
};

// Runs one service in a process: API, health and metrics ports, and the order of a shutdown. Beside
// its own RPCs the API port serves StatusService. Calls come from one thread, SetServing from any.
class ServiceRunner {
 public:
  // `tls` is made from the options', and must outlive the runner.
  ServiceRunner(ServiceParts parts, ServerOptions options, TlsCredentials* tls);
  ~ServiceRunner();

  // Binds the three ports and writes the ports file; not serving yet.
  // Errors: INVALID_ARGUMENT (beyond loopback without TLS or --insecure), UNAVAILABLE (a port is
  // taken).
  absl::Status Start();

  // What the status service answers. From any thread.
  v1::ServiceStatus Status() const { return status_.Status(); }

  // What else the process listens on, for the log and the ports file, as "web". Before Start.
  void AddPort(std::string name, int port) { more_ports_.emplace_back(std::move(name), port); }

  // What the health service answers. Once Shutdown began it stays "not serving".
  void SetServing(bool serving);

  // Not serving, then `stop_intake`, which gets the grace period to flush what came in, then no
  // more RPCs.
  void Shutdown(const std::function<void(std::chrono::milliseconds grace)>& stop_intake);

 private:
  std::array<grpc::Server*, 2> servers() const { return {api_.server.get(), health_.server.get()}; }
  absl::Status StartMetrics();
  absl::Status WritePortsFile() const;

  const ServiceParts parts_;
  const ServerOptions options_;
  TlsCredentials* const tls_;
  const std::shared_ptr<PeerLimits> limits_;
  std::vector<std::pair<std::string, int>> more_ports_;
  const StatusService::Metrics metrics_;
  StatusService status_;  // before the servers, which use it to their end
  std::mutex mutex_;
  bool shutting_down_ = false;  // guarded by mutex_
  BoundServer api_;
  BoundServer health_;
  int metrics_port_ = 0;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::optional<Ticker> sampler_;
};

}  // namespace silhouette
