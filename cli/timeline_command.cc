#include "cli/timeline_command.h"

#include <memory>

#include "cli/gateway_client.h"
#include "cli/report_flags.h"
#include "common/grpc_server.h"

namespace silhouette {
namespace {

struct TimelineFlags {
  std::string gateway = "127.0.0.1:7100";
  std::string origin;
  std::string run;
  std::vector<std::string> subjects;
  TlsOptions tls;
  ReportFlags report;
};

absl::Status Show(const TimelineFlags& flags) {
  auto truth = ReadTruthFlag(flags.report);
  if (!truth.ok()) return truth.status();
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return tls.status();
  GatewayClient gateway(OpenChannel(flags.gateway, tls->get()));
  auto run = gateway.FindRun(flags.origin, flags.run);
  if (!run.ok()) return ExplainUnavailable(run.status(), flags.gateway);
  ReportFlags report = flags.report;
  report.subjects.insert(report.subjects.end(), flags.subjects.begin(), flags.subjects.end());
  return PrintReport(&gateway, report, run->origin(), run->run(), run->origin(), *truth,
                     gateway.ListModels());
}

}  // namespace

void AddTimelineCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<TimelineFlags>();
  CLI::App* app =
      parent->add_subcommand("timeline", "Show a run that a gateway stores, the newest by default");
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_option("--origin", flags->origin, "Capture point of the run (default: any)");
  app->add_option("--run", flags->run, "Name of the run (default: the newest)");
  AddTlsClientOptions(app, &flags->tls);
  AddReportFlags(app, &flags->report);
  app->add_option("SUBJECT", flags->subjects,
                  "Only these, as conversation:192.168.1.20-203.0.113.7/udp (default: what looks "
                  "like a call)");
  app->footer(
      "Examples:\n  silhouette timeline --origin file:call.pcap\n"
      "  silhouette timeline conversation:192.168.1.20-203.0.113.7/udp --json\n"
      "  silhouette timeline --gateway gateway.example:7100 --tls-ca ca.crt --tls-cert me.crt "
      "--tls-key me.key");
  app->callback([flags, exit_status] {
    absl::Status status = Show(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("timeline", status);
  });
}

}  // namespace silhouette
