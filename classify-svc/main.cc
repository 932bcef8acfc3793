// classify-svc: gives windows verdicts with XGBoost models.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "classify-svc/service.h"
#include "common/files.h"
#include "common/log.h"
#include "common/service_runner.h"
#include "common/stop_signal.h"

namespace silhouette {
namespace {

struct ClassifyFlags {
  ServerOptions server;
  std::string models = FindInstalledFolder("models");
  std::string gateway_address = "127.0.0.1:7100";
};

int Fail(const absl::Status& status, int exit_status) {
  TellFailure("classify-svc", status);
  return exit_status;
}
int Fail(const absl::Status& status) {
  return Fail(status, absl::IsInvalidArgument(status) ? 2 : 1);
}

int Run(const ClassifyFlags& flags, StopSignal* stop) {
  auto tls = TlsCredentials::Read(flags.server.tls);
  if (!tls.ok()) return Fail(tls.status());
  std::vector<absl::Status> refused;
  auto bundles = LoadModels(flags.models, &refused);
  if (!bundles.ok()) return Fail(bundles.status(), 1);
  for (const absl::Status& status : refused) {
    LogError(absl::StrCat(std::string(status.message()), "; the other models are served"));
  }
  for (const auto& bundle : *bundles) {
    const v1::ModelManifest& model = bundle->manifest();
    LogInfo(absl::StrCat("loaded model ", model.name(), " ", model.version()),
            {{"model", model.name()}, {"version", model.version()}});
  }
  const ClassifyEngine engine(*std::move(bundles));
  ClassifyService service(&engine, OpenChannel(flags.gateway_address, tls->get()), refused.size());
  ServiceRunner runner(
      {"classify-svc", "classify", &service, "silhouette.v1.ClassifyService", service.metrics()},
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
  silhouette::ClassifyFlags flags;
  CLI::App app("Gives windows verdicts with XGBoost models.", "classify-svc");
  app.add_option("--models", flags.models,
                 "Folder of model bundles, NAME/VERSION in it (default: those that come with it)")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--gateway-address", flags.gateway_address, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  silhouette::AddServerOptions(&app, &flags.server, 7103, 7113, 9173);
  app.footer(
      "Examples:\n"
      "  classify-svc\n"
      "  classify-svc --models mine --gateway-address gateway.example:7100 --tls-ca ca.crt\n\n"
      "Exit status: 0 ended in order by SIGTERM or SIGINT, 1 failed, 2 usage.");
  silhouette::FinishOptions(&app);
  if (int status = silhouette::ParseOptions(&app, argc, argv); status >= 0) return status;
  silhouette::SetUpLogging("classify-svc", flags.server.log);
  return silhouette::Run(flags, &stop);
}
