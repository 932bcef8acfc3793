#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "common/accounting_metrics.h"
#include "common/link_receiver.h"
#include "gateway/engine.h"
#include "gateway/patient_store.h"
#include "gateway/verdict_feed.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Serves GatewayService from a GatewayEngine.
class GatewayService final : public v1::GatewayService::Service {
 public:
  // `engine` must outlive the service.
  explicit GatewayService(GatewayEngine* engine);

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::VerdictBatch>* stream) override;
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status ListSubjects(grpc::ServerContext* context, const v1::ListSubjectsRequest* request,
                            v1::ListSubjectsResponse* response) override;
  grpc::Status ListVerdicts(grpc::ServerContext* context, const v1::ListVerdictsRequest* request,
                            v1::ListVerdictsResponse* response) override;
  grpc::Status WatchVerdicts(grpc::ServerContext* context, const v1::WatchVerdictsRequest* request,
                             grpc::ServerWriter<v1::WatchVerdictsResponse>* writer) override;
  grpc::Status GetTimeline(grpc::ServerContext* context, const v1::GetTimelineRequest* request,
                           v1::GetTimelineResponse* response) override;

  // Ends all streams; for an orderly shutdown.
  void StopIntake(std::chrono::milliseconds grace);

  std::vector<std::shared_ptr<prometheus::Collectable>> metrics() const {
    return {accounting_, registry_, streams_.metrics()};
  }

 private:
  class PushHandler;

  absl::Status FillPage(const v1::ListVerdictsRequest& request, v1::ListVerdictsResponse* response);
  absl::Status FollowFeed(const v1::WatchVerdictsRequest& request, grpc::ServerContext* context,
                          grpc::ServerWriter<v1::WatchVerdictsResponse>* writer);
  absl::Status FillTimeline(const v1::GetTimelineRequest& request,
                            v1::GetTimelineResponse* response);

  GatewayEngine* const engine_;
  const std::shared_ptr<AccountingMetrics> accounting_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Counter& stored_;
  prometheus::Counter& repeated_;
  prometheus::Gauge& watchers_;
  std::atomic<bool> stopping_ = false;
  PatientStore patient_store_;
  VerdictFeed feed_;
  OpenStreams streams_{"gateway"};
};

}  // namespace silhouette
