#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/peer_limits.h"
#include "common/tls_credentials.h"

namespace silhouette {

// A running gRPC server and the port it got (0 for an in-process one).
struct BoundServer {
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

struct GrpcServerOptions {
  TlsCredentials* tls = nullptr;                 // null: plaintext; must outlive the server
  std::shared_ptr<PeerLimits> limits = nullptr;  // null: none
  bool reflection = true;
};

// Serves `services` (none: the health service alone) on `address` ("host:port", port 0 picks one)
// with the standard health service. An address that is taken is an error, never shared. A peer that
// does not finish its handshake or does not answer any more is dropped. `flag` is what an error
// message names. Errors: UNAVAILABLE.
absl::StatusOr<BoundServer> StartGrpcServer(const std::string& flag, const std::string& address,
                                            const std::vector<grpc::Service*>& services,
                                            const GrpcServerOptions& options = {});

// Serves `service` without a port, and a channel to it.
struct InProcessServer {
  std::unique_ptr<grpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};
InProcessServer StartInProcessServer(grpc::Service* service);

// A channel to "host:port", encrypted if `tls` is given and names a CA. Connects when first used.
// `server_name` is the host that its certificate must be for, where the address is another way to
// say it; empty: the address's. The options' own server name goes before both.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address,
                                           TlsCredentials* tls = nullptr,
                                           const std::string& server_name = "");

// The same to all the addresses that the name has: each new stream goes to the next of them.
std::shared_ptr<grpc::Channel> OpenChannelToReplicas(const std::string& address,
                                                     TlsCredentials* tls = nullptr);

// Sets the health service's answer for each name of a service; "" is overall.
void SetHealth(grpc::Server* server, const std::vector<std::string>& names, bool serving);

// Checks "host:port" with a port up to 65535. Errors: INVALID_ARGUMENT naming `flag`.
absl::Status CheckAddress(const std::string& flag, const std::string& address);

// True for 127.0.0.0/8, [::1] and localhost with a port.
bool IsLoopback(const std::string& address);

}  // namespace silhouette
