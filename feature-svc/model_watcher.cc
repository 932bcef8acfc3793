#include "feature-svc/model_watcher.h"

#include <chrono>

namespace silhouette {

constexpr std::chrono::milliseconds kRetryAfter(200);

ModelWatcher::ModelWatcher(std::shared_ptr<grpc::Channel> classify_channel,
                           std::function<void(SpecSet)> on_specs)
    : classify_(v1::ClassifyService::NewStub(classify_channel)),
      on_specs_(std::move(on_specs)),
      thread_([this] { Run(); }) {}

ModelWatcher::~ModelWatcher() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stopped_.notify_all();
  }
  thread_.join();
}

void ModelWatcher::Run() {
  do {
    WatchOnce();
  } while (WaitBeforeRetry());
}

void ModelWatcher::WatchOnce() {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    context_ = &context;
  }
  auto stream = classify_->WatchModels(&context, v1::WatchModelsRequest());
  v1::WatchModelsResponse response;
  while (stream->Read(&response)) {
    on_specs_({{response.specs().begin(), response.specs().end()}, response.spec_set_hash()});
  }
  (void)stream->Finish();
  std::lock_guard lock(mutex_);
  context_ = nullptr;
}

bool ModelWatcher::WaitBeforeRetry() {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, kRetryAfter, [this] { return stopping_; });
}

}  // namespace silhouette
