// gateway: stores verdicts and answers people.

#include <iostream>

#include "common/service_runner.h"
#include "common/stop_signal.h"
#include "gateway/service.h"

namespace silhouette {
namespace {

struct GatewayFlags {
  ServerOptions server;
  std::string store = "silhouette.db";
};

int Fail(const absl::Status& status) {
  std::cerr << "gateway: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Run(const GatewayFlags& flags, StopSignal* stop) {
  auto tls = TlsCredentials::Read(flags.server.tls);
  if (!tls.ok()) return Fail(tls.status());
  auto store = VerdictStore::Open(flags.store);
  if (!store.ok()) {
    std::cerr << "gateway: --store " << store.status().message() << "\n";
    return 1;
  }
  GatewayEngine engine(*std::move(store));
  GatewayService service(&engine);
  ServiceRunner runner(
      {"gateway", "gateway", &service, "silhouette.v1.GatewayService", service.metrics()},
      flags.server, tls->get());
  if (absl::Status status = runner.Start(); !status.ok()) return Fail(status);
  runner.SetServing(true);
  stop->Wait();
  runner.Shutdown([&](std::chrono::milliseconds grace) { service.StopIntake(grace); });
  return 0;
}

}  // namespace
}  // namespace silhouette

int main(int argc, char** argv) {
  silhouette::StopSignal stop;
  silhouette::GatewayFlags flags;
  CLI::App app("Stores verdicts, makes timelines and answers people.", "gateway");
  app.add_option("--store", flags.store, "SQLite file of the verdicts; made if missing")
      ->capture_default_str();
  silhouette::AddServerOptions(&app, &flags.server, 7100, 7110, 9170);
  silhouette::FinishOptions(&app);
  if (int status = silhouette::ParseOptions(&app, argc, argv); status >= 0) return status;
  silhouette::SetUpLogging("gateway", flags.server.log_level);
  return silhouette::Run(flags, &stop);
}
