#pragma once

#include <grpcpp/channel.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "classify-svc/engine.h"
#include "common/accounting_metrics.h"
#include "common/link_receiver.h"
#include "common/source_labels.h"
#include "silhouette/v1/classify_service.grpc.pb.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Serves ClassifyService; passes verdicts on to the gateway and its acks back.
class ClassifyService final : public v1::ClassifyService::Service {
 public:
  // `engine` must outlive the service. So many models were refused when its were loaded.
  ClassifyService(const ClassifyEngine* engine, std::shared_ptr<grpc::Channel> gateway_channel,
                  size_t refused_models = 0);

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::WindowBatch>* stream) override;
  grpc::Status WatchModels(grpc::ServerContext* context, const v1::WatchModelsRequest* request,
                           grpc::ServerWriter<v1::WatchModelsResponse>* writer) override;
  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;

  // Ends all streams after a flush, which gets the grace period; for an orderly shutdown.
  void StopIntake(std::chrono::milliseconds grace);

  std::vector<std::shared_ptr<prometheus::Collectable>> metrics() const {
    return {accounting_, registry_, streams_.metrics()};
  }

 private:
  class PushHandler;

  void Count(const v1::VerdictBatch& verdicts);

  const ClassifyEngine* const engine_;
  const std::unique_ptr<v1::GatewayService::Stub> gateway_;
  const std::shared_ptr<AccountingMetrics> accounting_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& verdicts_;
  prometheus::Family<prometheus::Histogram>& probabilities_;
  SourceLabels sources_;
  OpenStreams streams_{"classify"};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace silhouette
