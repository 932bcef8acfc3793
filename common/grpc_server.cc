#include "common/grpc_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/connect_failure.h"
#include "common/grpc_log.h"
#include "common/link_stream.h"

namespace silhouette {
namespace {

// A connection is a file, and gRPC gives up a port that runs out of them. The usual 1024 are soon
// taken; each more may cost 50 KB while it shakes hands.
void AllowManyConnections() {
  constexpr rlim_t kFiles = 16'384;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kFiles) return;
  files.rlim_cur = std::min(kFiles, files.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) spdlog::debug("open files stay {}", files.rlim_cur);
}

// Once per process: gRPC's plugins are global, and its log goes where ours goes.
void PrepareGrpc() {
  static const bool prepared = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    JoinGrpcLog();
    AllowManyConnections();
    return true;
  }();
  (void)prepared;
}

// For one server: gRPC's own way is for all of a process.
class NoReflection : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    const std::string name = grpc::reflection::ProtoServerReflectionPlugin().name();
    std::erase_if(*plugins, [&name](const auto& plugin) { return plugin->name() == name; });
  }
};

// How long a connection may hold a place for nothing, in ms. gRPC's own times are longer.
void DropIdlers(grpc::ServerBuilder* builder) {
  // To shake hands, over TLS or not: bytes that are neither end here, too.
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Without a call. A channel comes back by itself when it is used.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000);
  // Silent on a call: asked after the first, gone after the second.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
}

void SetLimits(const std::shared_ptr<PeerLimits>& limits, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxMessageBytes);
  if (limits == nullptr) return;
  // Twice what is allowed, so that a call too many is refused with words before others must wait.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 2 * limits->options().open_calls);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeLimitInterceptors(limits));
  builder->experimental().SetInterceptorCreators(std::move(interceptors));
}

std::shared_ptr<grpc::Channel> OpenWith(grpc::ChannelArguments arguments,
                                        const std::string& address, TlsCredentials* tls,
                                        std::string server_name) {
  const bool encrypted = tls != nullptr && tls->options().connects();
  if (tls != nullptr && tls->options().serves() && !encrypted) {
    spdlog::warn("connects to {} without encryption, as no --tls-ca is given", address);
  }
  if (encrypted && !tls->options().server_name.empty()) server_name = tls->options().server_name;
  if (encrypted && !server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeConnectExplainers(encrypted));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      address, encrypted ? tls->ForChannel() : grpc::InsecureChannelCredentials(), arguments,
      std::move(interceptors));
}

// Of a channel that outlives what it connects to.
grpc::ChannelArguments LastingArguments() {
  PrepareGrpc();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A service that comes back is found soon, also where its name has another address by then; links
  // wait longer and longer themselves.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 2000);
  // A peer whose machine is gone says nothing; this many ms without an answer are its end.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  return arguments;
}

}  // namespace

absl::StatusOr<BoundServer> StartGrpcServer(const std::string& flag, const std::string& address,
                                            const std::vector<grpc::Service*>& services,
                                            const GrpcServerOptions& options) {
  PrepareGrpc();
  BoundServer bound;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(
      address,
      options.tls == nullptr ? grpc::InsecureServerCredentials() : options.tls->ForServer(),
      &bound.port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  DropIdlers(&builder);
  SetLimits(options.limits, &builder);
  if (!options.reflection) builder.SetOption(std::make_unique<NoReflection>());
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

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, TlsCredentials* tls,
                                           const std::string& server_name) {
  return OpenWith(LastingArguments(), address, tls, server_name);
}

std::shared_ptr<grpc::Channel> OpenChannelToReplicas(const std::string& address,
                                                     TlsCredentials* tls) {
  grpc::ChannelArguments arguments = LastingArguments();
  arguments.SetLoadBalancingPolicyName("round_robin");
  return OpenWith(std::move(arguments), address, tls, "");
}

void SetHealth(grpc::Server* server, const std::vector<std::string>& names, bool serving) {
  grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
  if (health == nullptr) return;
  for (const std::string& name : names) health->SetServingStatus(name, serving);
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
