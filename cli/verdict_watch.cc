#include "cli/verdict_watch.h"

#include <utility>

#include "common/grpc_status.h"
#include "common/link_retry.h"

namespace silhouette {

VerdictWatch::VerdictWatch(std::shared_ptr<grpc::Channel> channel, v1::WatchVerdictsRequest request,
                           OnResponse on_response)
    : stub_(v1::GatewayService::NewStub(channel)),
      request_(std::move(request)),
      on_response_(std::move(on_response)) {}

absl::Status VerdictWatch::Run() {
  LinkRetry retry("gateway", {});
  while (true) {
    const absl::Status ended = Follow();
    std::unique_lock lock(mutex_);
    if (stopped_) return absl::OkStatus();
    if (!answered_ || !IsWorthARetry(ended)) return ended;
    if (made_progress_) retry.OnProgress();
    changed_.wait_for(lock, retry.OnBreak(ended), [this] { return stopped_; });
    if (stopped_) return absl::OkStatus();
  }
}

absl::Status VerdictWatch::Follow() {
  grpc::ClientContext context;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return absl::OkStatus();
    stream_ = &context;
  }
  auto reader = stub_->WatchVerdicts(&context, request_);
  made_progress_ = false;
  v1::WatchVerdictsResponse response;
  while (reader->Read(&response)) {
    answered_ = made_progress_ = true;
    request_.set_cursor(response.cursor());
    on_response_(response);
  }
  const grpc::Status status = reader->Finish();
  std::lock_guard lock(mutex_);
  stream_ = nullptr;
  return status.ok() ? absl::UnavailableError("the gateway closed the stream")
                     : FromGrpcStatus(status);
}

void VerdictWatch::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  if (stream_ != nullptr) stream_->TryCancel();
  changed_.notify_all();
}

}  // namespace silhouette
