#include "cli/watch_command.h"

#include <unistd.h>

#include <iostream>
#include <memory>

#include "cli/gateway_client.h"
#include "cli/gateway_watch.h"
#include "cli/json_report.h"
#include "cli/report_flags.h"
#include "cli/stopper.h"
#include "cli/watch_lines.h"
#include "common/grpc_server.h"
#include "common/stop_signal.h"
#include "common/tls_credentials.h"

namespace silhouette {
namespace {

struct WatchFlags {
  std::string gateway = "127.0.0.1:7100";
  TlsOptions tls;
  std::string origin, run, model, class_name, duration;
  std::vector<std::string> subjects;
  bool each = false;
  bool json = false;
};

constexpr char kFooter[] = R"(
Without --json, a line for each subject whose class is new: when (UTC), class, its probability from
that window alone, subject, model. With --json, a {"verdict":{...}} for each window, and
{"missed":N} where N verdicts were deleted before they could be read. While the gateway is away it
waits and then goes on where it was. Ctrl-C ends it.

Examples:
  silhouette watch
  silhouette watch --class person --subject conversation:192.168.1.20-203.0.113.7/udp
  silhouette watch --json --duration 10m > verdicts.jsonl
)";

v1::WatchVerdictsRequest RequestOf(const WatchFlags& flags) {
  v1::WatchVerdictsRequest request;
  request.set_origin(flags.origin);
  request.set_run(flags.run);
  request.mutable_subjects()->Add(flags.subjects.begin(), flags.subjects.end());
  request.set_model(flags.model);
  request.set_class_(flags.class_name);
  return request;
}

// Each response is shown at once, whoever reads it.
void Print(const v1::WatchVerdictsResponse& response, bool json, WatchLines* lines) {
  if (response.missed() > 0) {
    if (json) std::cout << MissedLine(response.missed()) << "\n";
    std::cerr << "silhouette watch: missed " << response.missed()
              << " verdicts, which were deleted before they could be read\n";
  }
  for (const v1::Verdict& verdict : response.verdicts()) {
    const std::string line = json ? VerdictLine(verdict) : lines->LineOf(verdict);
    if (!line.empty()) std::cout << line << "\n";
  }
  std::cout.flush();
}

absl::Status Watch(const WatchFlags& flags) {
  auto duration = ParseDurationFlag(flags.duration);
  if (!duration.ok()) return duration.status();
  StopSignal stop;  // before any thread
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return tls.status();
  WatchLines lines(DescribeTerminal(STDOUT_FILENO), flags.each);
  const auto stub = v1::GatewayService::NewStub(OpenChannel(flags.gateway, tls->get()));
  GatewayWatch<v1::WatchVerdictsRequest, v1::WatchVerdictsResponse> watch(
      [&](grpc::ClientContext* context, const v1::WatchVerdictsRequest& request) {
        return stub->WatchVerdicts(context, request);
      },
      RequestOf(flags),
      [&](const v1::WatchVerdictsResponse& response) {
        Print(response, flags.json, &lines);
        return absl::OkStatus();
      });
  const Stopper stopper(
      &stop, [&watch] { watch.Stop(); }, *duration);
  return ExplainUnavailable(watch.Run(), flags.gateway);
}

}  // namespace

void AddWatchCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* app = parent->add_subcommand("watch", "Show a gateway's verdicts as they come");
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_option("--origin", flags->origin, "Only this capture point (default: any)");
  app->add_option("--run", flags->run, "Only runs of this name (default: any)");
  app->add_option("--subject", flags->subjects, "Only this subject (repeatable; default: any)")
      ->allow_extra_args(false);
  app->add_option("--model", flags->model, "Only this model (default: any)");
  app->add_option("--class", flags->class_name, "Only verdicts that say this (default: any)");
  app->add_flag("--each", flags->each, "A line for each window");
  app->add_flag("--json", flags->json, "JSON Lines on stdout, for programs");
  app->add_option("--duration", flags->duration, "End after this time, as 30s or 10m");
  AddTlsClientOptions(app, &flags->tls);
  app->footer(kFooter);
  app->callback([flags, exit_status] {
    const absl::Status status = Watch(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("watch", status);
  });
}

}  // namespace silhouette
