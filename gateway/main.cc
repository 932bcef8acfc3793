// gateway: stores verdicts and answers people.

#include "common/log.h"
#include "common/stop_signal.h"
#include "gateway/gateway.h"

namespace silhouette {
namespace {

int Fail(const absl::Status& status) {
  TellFailure("gateway", status);
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Run(const GatewayFlags& flags, StopSignal* stop) {
  auto tls = TlsCredentials::Read(flags.server.tls);
  if (!tls.ok()) return Fail(tls.status());
  auto gateway = Gateway::Start(flags, tls->get());
  if (!gateway.ok()) return Fail(gateway.status());
  stop->Wait();
  (*gateway)->Shutdown();
  return 0;
}

}  // namespace
}  // namespace silhouette

int main(int argc, char** argv) {
  silhouette::StopSignal stop;
  silhouette::GatewayFlags flags;
  CLI::App app("Stores verdicts, makes timelines and answers people.", "gateway");
  silhouette::AddGatewayFlags(&app, &flags);
  app.footer(
      "Examples:\n"
      "  gateway --store verdicts.db\n"
      "  gateway --listen 0.0.0.0:7100 --tls-cert gateway.crt --tls-key gateway.key --tls-ca "
      "ca.crt\n"
      "  gateway --web-listen 0.0.0.0:7180 --web-token-file token\n"
      "  gateway --capture-address router:7101,laptop:7101\n\n"
      "Exit status: 0 ended in order by SIGTERM or SIGINT, 1 failed, 2 usage.");
  silhouette::FinishOptions(&app);
  if (int status = silhouette::ParseOptions(&app, argc, argv); status >= 0) return status;
  silhouette::SetUpLogging("gateway", flags.server.log);
  return silhouette::Run(flags, &stop);
}
