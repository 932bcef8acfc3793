#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "classify-svc/engine.h"
#include "classify-svc/service.h"
#include "common/grpc_server.h"
#include "feature-svc/model_watcher.h"
#include "feature-svc/service.h"
#include "gateway/engine.h"
#include "gateway/service.h"

namespace silhouette {

// feature-svc, classify-svc and the gateway in one process, joined by gRPC's in-process channel:
// the services' own code, and no ports. What captures push to feature_channel() can be asked for
// at gateway_channel().
class Pipeline {
 public:
  // An empty store path keeps verdicts only as long as the pipeline. Errors: as VerdictStore::Open.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Start(
      std::vector<std::unique_ptr<Bundle>> bundles, const std::string& store_path);
  ~Pipeline();

  std::shared_ptr<grpc::Channel> feature_channel() const { return feature_server_.channel; }
  std::shared_ptr<grpc::Channel> gateway_channel() const { return gateway_server_.channel; }

 private:
  Pipeline(std::vector<std::unique_ptr<Bundle>> bundles, std::unique_ptr<VerdictStore> store);

  // In the order of the data's way back: each is made before what pushes to it.
  GatewayEngine gateway_engine_;
  GatewayService gateway_;
  InProcessServer gateway_server_;
  ClassifyEngine classify_engine_;
  ClassifyService classify_;
  InProcessServer classify_server_;
  FeatureService feature_;
  InProcessServer feature_server_;
  std::unique_ptr<ModelWatcher> watcher_;
};

}  // namespace silhouette
