#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/service_runner.h"
#include "common/tls_credentials.h"
#include "gateway/flags.h"
#include "gateway/housekeeper.h"
#include "gateway/job_runner.h"
#include "gateway/rest/web_options.h"
#include "gateway/rest/web_server.h"
#include "gateway/service.h"
#include "gateway/service_directory.h"

namespace silhouette {

struct GatewayFlags {
  ServerOptions server;
  StoreFlags store;
  ServiceAddresses services;
  WebOptions web;
};
void AddGatewayFlags(CLI::App* app, GatewayFlags* flags);

// All of a gateway in a process: its store, jobs and ports.
class Gateway {
 public:
  // Serves from here on. `tls` is made from the flags', and must outlive the gateway.
  // Errors: INVALID_ARGUMENT (a flag), those of the store, the spool and the ports.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const GatewayFlags& flags,
                                                        TlsCredentials* tls);

  // Ends in order.
  void Shutdown();

 private:
  Gateway(const GatewayFlags& flags, const RetentionOptions& retention,
          std::unique_ptr<VerdictStore> store, std::unique_ptr<JobManager> jobs,
          TlsCredentials* tls);
  absl::Status Serve();
  JobRunner::Channels ChannelsTo(ServiceKind service);

  GatewayEngine engine_;
  const std::unique_ptr<JobManager> jobs_;
  ServiceDirectory directory_;
  GatewayService service_;
  Housekeeper housekeeper_;
  // Of its own: what peers may take over gRPC does not count for the page.
  const InProcessServer for_web_;
  WebServer web_;
  ServiceRunner runner_;
  std::unique_ptr<JobRunner> job_runner_;
};

}  // namespace silhouette
