// feature-svc: turns packets into windows of features.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/link_flags.h"
#include "common/log.h"
#include "common/service_runner.h"
#include "common/stop_signal.h"
#include "feature-svc/flags.h"
#include "feature-svc/model_watcher.h"
#include "feature-svc/service.h"

namespace silhouette {
namespace {

struct FeatureFlags {
  ServerOptions server;
  std::string classify_address = "127.0.0.1:7103";
  std::vector<std::string> specs;  // empty: what the loaded models ask for
  FeatureLimits limits;
  LinkFlags link;
};

int Fail(const absl::Status& status) {
  TellFailure("feature-svc", status);
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Run(const FeatureFlags& flags, StopSignal* stop) {
  const auto fixed = ParseSpecFlags(flags.specs);
  if (!fixed.ok()) return Fail(fixed.status());
  auto tls = TlsCredentials::Read(flags.server.tls);
  if (!tls.ok()) return Fail(tls.status());
  auto classify = OpenChannelToReplicas(flags.classify_address, tls->get());
  FeatureService service(classify, flags.limits, WindowLink(flags.link));
  ServiceRunner runner(
      {"feature-svc", "feature", &service, "silhouette.v1.FeatureService", service.metrics()},
      flags.server, tls->get());
  if (absl::Status status = runner.Start(); !status.ok()) return Fail(status);
  const auto compute = [&](const SpecSet& specs) {
    service.SetSpecs(specs);
    runner.SetServing(true);
    LogInfo(absl::StrCat("computes ", specs.specs.size(), " specs, set ", specs.hash),
            {{"spec_set", specs.hash}});
  };
  std::optional<ModelWatcher> watcher;
  if (fixed->specs.empty()) {
    watcher.emplace(classify, compute);
  } else {
    compute(*fixed);
  }
  stop->Wait();
  runner.Shutdown([&](std::chrono::milliseconds grace) { service.StopIntake(grace); });
  return 0;
}

}  // namespace
}  // namespace silhouette

int main(int argc, char** argv) {
  silhouette::StopSignal stop;
  silhouette::FeatureFlags flags;
  CLI::App app("Turns packets into windows of features, as the loaded models ask.", "feature-svc");
  app.add_option("--classify-address", flags.classify_address, "host:port of classify-svc")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--spec", flags.specs,
                 "Compute this instead of what the loaded models ask for (repeatable), as "
                 "subject=device,window=5s,hop=1s,schema=traffic.v1,protocol=udp+tcp");
  silhouette::AddLimitFlags(&app, &flags.limits);
  silhouette::AddLinkFlags(&app, "windows of one incoming stream", &flags.link);
  silhouette::AddServerOptions(&app, &flags.server, 7102, 7112, 9172);
  app.footer(
      "Examples:\n"
      "  feature-svc\n"
      "  feature-svc --spec subject=device,window=5s,hop=1s,schema=traffic.v1\n\n"
      "Exit status: 0 ended in order by SIGTERM or SIGINT, 1 failed, 2 usage.");
  silhouette::FinishOptions(&app);
  if (int status = silhouette::ParseOptions(&app, argc, argv); status >= 0) return status;
  silhouette::SetUpLogging("feature-svc", flags.server.log);
  return silhouette::Run(flags, &stop);
}
