#include "common/grpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/link_stream.h"

namespace silhouette {
namespace {

// Once per process: gRPC's plugins are global, and its log goes where ours goes.
void PrepareGrpc() {
  static const bool prepared = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    gpr_set_log_function([](gpr_log_func_args* args) { spdlog::debug("grpc: {}", args->message); });
    return true;
  }();
  (void)prepared;
}

}  // namespace

absl::StatusOr<BoundServer> StartGrpcServer(const std::string& flag, const std::string& address,
                                            const std::vector<grpc::Service*>& services) {
  PrepareGrpc();
  BoundServer bound;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &bound.port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  for (grpc::Service* service : services) builder.RegisterService(service);
  bound.server = builder.BuildAndStart();
  if (bound.server == nullptr || bound.port == 0) {
    return absl::UnavailableError(absl::StrCat(
        flag, " ", address,
        ": cannot listen there: the port is in use or the address is not this machine's; choose "
        "another with ",
        flag));
  }
  return bound;
}

InProcessServer StartInProcessServer(grpc::Service* service) {
  PrepareGrpc();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.RegisterService(service);
  InProcessServer result;
  result.server = builder.BuildAndStart();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  result.channel = result.server->InProcessChannel(arguments);
  return result;
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  PrepareGrpc();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A service that comes back is found soon; links wait longer and longer themselves.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A peer whose machine is gone says nothing; this many ms without an answer are its end.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void SetHealth(grpc::Server* server, const std::vector<std::string>& service_names, bool serving) {
  grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus("", serving);
  for (const std::string& name : service_names) health->SetServingStatus(name, serving);
}

absl::Status CheckAddress(const std::string& flag, const std::string& address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (colon != std::string::npos && colon > 0 &&
      absl::SimpleAtoi(address.substr(colon + 1), &port) && port <= 65535) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      flag, " ", address, ": not host:port; write it as 127.0.0.1:7100, port 0 to 65535"));
}

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  if (host == "localhost" || host == "[::1]") return true;
  const auto parsed = IpAddress::Parse(host);
  return parsed.ok() && parsed->is_v4() && parsed->bytes[12] == 127;
}

}  // namespace silhouette
