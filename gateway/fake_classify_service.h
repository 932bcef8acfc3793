#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "common/grpc_status.h"
#include "common/trace_metadata.h"
#include "silhouette/v1/classify_service.grpc.pb.h"

namespace silhouette {

// Says what it was told to say about models. Set it up before it is asked.
class FakeClassifyService : public v1::ClassifyService::Service {
 public:
  std::vector<v1::ModelManifest> models;
  absl::StatusOr<std::vector<double>> contributions;
  bool silent = false;  // never answers

  grpc::Status WatchModels(grpc::ServerContext* context, const v1::WatchModelsRequest* request,
                           grpc::ServerWriter<v1::WatchModelsResponse>* writer) override {
    if (silent) return WaitForClient(context);
    v1::WatchModelsResponse response;
    response.mutable_models()->Add(models.begin(), models.end());
    writer->Write(response);
    return WaitForClient(context);
  }

  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override {
    std::lock_guard lock(mutex_);
    asked_.push_back(*request);
    trace_ = ReceivedTrace(*context);
    if (!contributions.ok()) return ToGrpcStatus(contributions.status());
    response->mutable_contributions()->Add(contributions->begin(), contributions->end());
    return grpc::Status::OK;
  }

  // What it was asked to explain.
  std::vector<v1::ExplainRequest> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  // That it was last asked with.
  v1::TraceContext trace() const {
    std::lock_guard lock(mutex_);
    return trace_;
  }

 private:
  // The stream stays open while the client wants it, as the real one's does.
  static grpc::Status WaitForClient(grpc::ServerContext* context) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    while (!context->IsCancelled()) never.wait_for(lock, std::chrono::milliseconds(10));
    return grpc::Status::CANCELLED;
  }

  mutable std::mutex mutex_;
  std::vector<v1::ExplainRequest> asked_;  // guarded by mutex_
  v1::TraceContext trace_;                 // guarded by mutex_
};

}  // namespace silhouette
