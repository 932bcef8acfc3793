#include "common/service_runner.h"

#include <exception>

#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/log.h"
#include "common/process_metrics.h"
#include "common/server_metrics.h"

namespace silhouette {
namespace {

// All that the metrics endpoint and the status service tell.
StatusService::Metrics AllMetrics(const ServiceParts& parts, const TlsCredentials* tls,
                                  const std::shared_ptr<PeerLimits>& limits) {
  StatusService::Metrics metrics = parts.metrics;
  metrics.push_back(std::make_shared<ProcessMetrics>(parts.short_name));
  metrics.push_back(std::make_shared<ServerMetrics>(parts.short_name, tls, limits));
  return metrics;
}

}  // namespace

ServiceRunner::ServiceRunner(ServiceParts parts, ServerOptions options, TlsCredentials* tls)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      tls_(tls),
      limits_(std::make_shared<PeerLimits>(options_.limits)),
      metrics_(AllMetrics(parts_, tls_, limits_)),
      status_(parts_.name, metrics_) {}

ServiceRunner::~ServiceRunner() = default;

absl::Status ServiceRunner::Start() {
  for (const auto& [flag, address] : {std::pair("--listen", options_.listen),
                                      std::pair("--health-listen", options_.health_listen),
                                      std::pair("--metrics-listen", options_.metrics_listen)}) {
    if (absl::Status status = CheckAddress(flag, address); !status.ok()) return status;
  }
  const bool encrypted = options_.tls.serves();
  if (!encrypted && !options_.insecure && !IsLoopback(options_.listen)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen ", options_.listen,
        ": goes beyond loopback without encryption; give --tls-cert and --tls-key (and --tls-ca to "
        "know the clients), or say --insecure to allow it"));
  }
  const bool reflection = !encrypted || options_.reflection;
  auto api = StartGrpcServer("--listen", options_.listen, {parts_.service, &status_},
                             {tls_, limits_, reflection});
  if (!api.ok()) return api.status();
  api_ = std::move(*api);
  SetHealth(api_.server.get(), {"", parts_.full_name}, false);
  auto health = StartGrpcServer("--health-listen", options_.health_listen, {});
  if (!health.ok()) return health.status();
  health_ = std::move(*health);
  SetServing(false);
  // Which answers while the service itself is not ready, too.
  for (grpc::Server* server : servers()) SetHealth(server, {StatusService::kFullName}, true);
  if (absl::Status status = StartMetrics(); !status.ok()) return status;
  sampler_.emplace(StatusService::kInterval, [this] { status_.Sample(); });
  if (absl::Status status = WritePortsFile(); !status.ok()) return status;
  const char* const how = !encrypted                                   ? "gRPC"
                          : options_.tls.demands_client_certificates() ? "gRPC, mutual TLS"
                                                                       : "gRPC, TLS";
  std::string more;
  for (const auto& [name, port] : more_ports_) absl::StrAppend(&more, ", ", port, " (", name, ")");
  LogInfo(absl::StrCat(parts_.name, " listens on ports ", api_.port, " (", how, "), ", health_.port,
                       " (health), ", metrics_port_, " (metrics)", more),
          {{"version", Version()}});
  return absl::OkStatus();
}

absl::Status ServiceRunner::StartMetrics() {
  try {
    exposer_ = std::make_unique<prometheus::Exposer>(options_.metrics_listen);
  } catch (const std::exception&) {
    return absl::UnavailableError(absl::StrCat(
        "--metrics-listen ", options_.metrics_listen,
        ": cannot listen there: the port is in use or the address is not this machine's; choose "
        "another with --metrics-listen"));
  }
  metrics_port_ = exposer_->GetListeningPorts().front();
  for (const auto& collectable : metrics_) exposer_->RegisterCollectable(collectable);
  return absl::OkStatus();
}

absl::Status ServiceRunner::WritePortsFile() const {
  if (options_.ports_file.empty()) return absl::OkStatus();
  std::string ports = absl::StrCat("{\"grpc\":", api_.port, ",\"health\":", health_.port,
                                   ",\"metrics\":", metrics_port_);
  for (const auto& [name, port] : more_ports_) absl::StrAppend(&ports, ",\"", name, "\":", port);
  return WriteFileByRename(options_.ports_file, ports + "}\n");
}

void ServiceRunner::SetServing(bool serving) {
  std::lock_guard lock(mutex_);
  if (shutting_down_) return;
  for (grpc::Server* server : servers()) SetHealth(server, {"", parts_.full_name}, serving);
  status_.SetServing(serving);
}

void ServiceRunner::Shutdown(
    const std::function<void(std::chrono::milliseconds grace)>& stop_intake) {
  LogInfo(parts_.name + " shuts down");
  SetServing(false);
  {
    std::lock_guard lock(mutex_);
    shutting_down_ = true;
  }
  stop_intake(std::chrono::seconds(options_.grace_s));
  sampler_.reset();
  const auto now = std::chrono::system_clock::now();
  api_.server->Shutdown(now);
  health_.server->Shutdown(now);
}

}  // namespace silhouette
