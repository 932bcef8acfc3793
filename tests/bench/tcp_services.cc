#include "tests/bench/tcp_services.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "capture-svc/capture.h"
#include "common/files.h"
#include "tests/bench/check.h"

namespace silhouette::bench {
namespace {

std::vector<std::unique_ptr<Bundle>> BundledModels() {
  auto bundles = LoadModels(FindInstalledFolder("models"));
  Check(bundles.status());
  return *std::move(bundles);
}

std::unique_ptr<VerdictStore> OpenStore(const std::string& path) {
  auto store = VerdictStore::Open(path);
  Check(store.status());
  return *std::move(store);
}

std::string NewStorePath() {
  return (std::filesystem::temp_directory_path() / ("silhouette-bench-" + NewRunName() + ".db"))
      .string();
}

}  // namespace

TcpServices::TcpServices(const PipelineLinks& links, TlsCredentials* tls)
    : links_(links),
      store_path_(NewStorePath()),
      gateway_engine_(OpenStore(store_path_)),
      gateway_(&gateway_engine_),
      gateway_server_(&gateway_, tls),
      classify_engine_(BundledModels()),
      classify_(&classify_engine_, gateway_server_.channel()),
      classify_server_(&classify_, tls),
      feature_(classify_server_.channel(), {}, links_.windows),
      feature_server_(&feature_, tls) {
  feature_.SetSpecs({classify_engine_.specs(), classify_engine_.spec_set_hash()});
}

TcpServices::~TcpServices() {
  constexpr std::chrono::milliseconds kNoGrace(0);
  feature_.StopIntake(kNoGrace);
  classify_.StopIntake(kNoGrace);
  gateway_.StopIntake(kNoGrace);
  for (const char* file : {"", "-wal", "-shm"}) std::filesystem::remove(store_path_ + file);
}

uint64_t TcpServices::Run(const std::string& path) {
  SourceOptions source;
  source.path = path;
  CaptureOptions options;
  options.origin = "bench";
  Capture capture(source, options, feature_server_.channel(), links_.packets);
  {
    const HeldBytesWatch watch(links_, feature_, &held_);
    Check(capture.Run());
  }
  const auto run = gateway_engine_.store()->FindRun("bench", capture.run());
  Check(run.status());
  if (!run->ended || run->accounting.pending() > 0) {
    Check(absl::InternalError("a run came to its end before the store held all of it"));
  }
  return run->accounting.received();
}

}  // namespace silhouette::bench
