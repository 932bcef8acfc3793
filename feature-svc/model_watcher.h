#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "feature-svc/engine.h"
#include "silhouette/v1/classify_service.grpc.pb.h"

namespace silhouette {

// Follows ClassifyService.WatchModels in a thread of its own and tells what models need. When the
// stream breaks, the last answer stands and it connects again.
class ModelWatcher {
 public:
  // `on_specs` is called from the watcher's thread, at every change.
  ModelWatcher(std::shared_ptr<grpc::Channel> classify_channel,
               std::function<void(SpecSet)> on_specs);
  ~ModelWatcher();

 private:
  void Run();
  void WatchOnce();
  // False when the watcher stops.
  bool WaitBeforeRetry();

  const std::unique_ptr<v1::ClassifyService::Stub> classify_;
  const std::function<void(SpecSet)> on_specs_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;                   // guarded by mutex_
  grpc::ClientContext* context_ = nullptr;  // of the stream there is; guarded by mutex_
  std::thread thread_;
};

}  // namespace silhouette
