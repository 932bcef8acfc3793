#include "cli/status_command.h"

#include <grpcpp/client_context.h>
#include <unistd.h>

#include <future>
#include <iostream>
#include <memory>
#include <optional>

#include "absl/time/clock.h"
#include "cli/gateway_client.h"
#include "cli/report_flags.h"
#include "cli/status_lines.h"
#include "cli/stopper.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/proto_json.h"
#include "common/stop_signal.h"
#include "common/tls_credentials.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {
namespace {

struct StatusFlags {
  std::string gateway = "127.0.0.1:7100";
  TlsOptions tls;
  bool json = false;
  bool watch = false;
};

constexpr std::chrono::seconds kWatchInterval{2};

constexpr char kFooter[] = R"(
A line for each process that the gateway knows an address of: service, address, whether it serves,
version, for how long it has run, and the figures that matter; rates are over the last ten seconds.
With --json, the response as it is in Protobuf's JSON mapping, with all metrics, on one line.

Examples:
  silhouette status
  silhouette status --watch
  silhouette status --gateway gateway.example:7100 --tls-ca ca.crt --json

Exit status: 0 all serve, 1 some do not or no gateway answers, 2 usage.
)";

absl::StatusOr<v1::GetStatusResponse> Ask(v1::GatewayService::Stub* gateway,
                                          const std::string& address) {
  grpc::ClientContext context;
  // It asks others, which takes two seconds at most.
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::GetStatusResponse response;
  const grpc::Status status = gateway->GetStatus(&context, {}, &response);
  if (status.ok()) return response;
  const bool is_late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  return ExplainUnavailable(
      is_late ? absl::UnavailableError(status.error_message()) : FromGrpcStatus(status), address);
}

// Draws over what was there before, line by line, so that nothing flickers.
std::string Redrawn(const std::string& table) {
  std::string screen = "\033[H";
  for (char c : table) c == '\n' ? screen += "\033[K\n" : screen += c;
  return screen + "\033[J";
}

absl::Status Show(const v1::GetStatusResponse& response, const StatusFlags& flags) {
  const Terminal terminal = DescribeTerminal(STDOUT_FILENO);
  if (flags.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    const std::string table =
        StatusTable(response, flags.gateway, absl::GetCurrentTimeNanos(), terminal);
    std::cout << (flags.watch && terminal.is_terminal ? Redrawn(table) : table);
  }
  std::cout.flush();
  return std::cout ? absl::OkStatus() : absl::UnavailableError("standard output cannot be written");
}

// Asks and shows once. The exit status: 0 if all serve.
int Look(v1::GatewayService::Stub* gateway, const StatusFlags& flags) {
  const auto response = Ask(gateway, flags.gateway);
  const absl::Status shown = response.ok() ? Show(*response, flags) : response.status();
  if (!shown.ok()) return ReportFailure("status", shown);
  return AllServe(*response) ? 0 : 1;
}

// Until Ctrl-C, or nobody reads it any more. The exit status of the last look.
int Watch(v1::GatewayService::Stub* gateway, const StatusFlags& flags, StopSignal* stop) {
  std::promise<void> stopped;
  const std::future<void> end = stopped.get_future();
  const Stopper stopper(
      stop, [&stopped] { stopped.set_value(); }, absl::InfiniteDuration());
  if (!flags.json && DescribeTerminal(STDOUT_FILENO).is_terminal) std::cout << "\033[2J";
  int exit_status;
  do {
    exit_status = Look(gateway, flags);
  } while (std::cout && end.wait_for(kWatchInterval) != std::future_status::ready);
  return exit_status;
}

int Run(const StatusFlags& flags) {
  if (absl::Status status = CheckAddress("--gateway", flags.gateway); !status.ok()) {
    return ReportFailure("status", status);
  }
  std::optional<StopSignal> stop;  // before any thread
  if (flags.watch) stop.emplace();
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return ReportFailure("status", tls.status());
  const auto gateway = v1::GatewayService::NewStub(OpenChannel(flags.gateway, tls->get()));
  return flags.watch ? Watch(gateway.get(), flags, &*stop) : Look(gateway.get(), flags);
}

}  // namespace

void AddStatusCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<StatusFlags>();
  CLI::App* app = parent->add_subcommand("status", "Show how a gateway and its services fare");
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_flag("--watch", flags->watch, "Show it anew every two seconds, until Ctrl-C");
  app->add_flag("--json", flags->json, "JSON on one line, for programs");
  AddTlsClientOptions(app, &flags->tls);
  app->footer(kFooter);
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
