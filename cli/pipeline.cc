#include "cli/pipeline.h"

#include <chrono>

namespace silhouette {

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Start(
    std::vector<std::unique_ptr<Bundle>> bundles, const std::string& store_path) {
  auto store = VerdictStore::Open(store_path);
  if (!store.ok()) return store.status();
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(bundles), *std::move(store)));
}

Pipeline::Pipeline(std::vector<std::unique_ptr<Bundle>> bundles,
                   std::unique_ptr<VerdictStore> store)
    : gateway_engine_(std::move(store)),
      gateway_(&gateway_engine_),
      gateway_server_(StartInProcessServer(&gateway_)),
      classify_engine_(std::move(bundles)),
      classify_(&classify_engine_, gateway_server_.channel),
      classify_server_(StartInProcessServer(&classify_)),
      feature_(classify_server_.channel),
      feature_server_(StartInProcessServer(&feature_)),
      watcher_(std::make_unique<ModelWatcher>(classify_server_.channel, [this](SpecSet specs) {
        feature_.SetSpecs(std::move(specs));
      })) {
  gateway_.AskAboutModels(ModelClient([this] { return std::vector{classify_server_.channel}; }));
}

Pipeline::~Pipeline() {
  // Whoever wanted the rest has waited for it.
  constexpr std::chrono::milliseconds kNoGrace(0);
  feature_.StopIntake(kNoGrace);
  feature_server_.server->Shutdown();
  watcher_.reset();
  classify_.StopIntake(kNoGrace);
  classify_server_.server->Shutdown();
  gateway_.StopIntake(kNoGrace);
  gateway_server_.server->Shutdown();
}

}  // namespace silhouette
