#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "common/grpc_status.h"
#include "common/link_retry.h"

namespace silhouette {

// Follows what a gateway tells, over as many streams as it takes: what comes while none is open
// comes with the next. Request and Response are of an RPC that goes on from a cursor.
template <typename Request, typename Response>
class GatewayWatch {
 public:
  using Open = std::function<std::unique_ptr<grpc::ClientReader<Response>>(grpc::ClientContext*,
                                                                           const Request&)>;
  // Errors that are worth a retry lead to another stream, which tells the same response again;
  // others end the watch.
  using OnResponse = std::function<absl::Status(const Response&)>;

  GatewayWatch(Open open, Request request, OnResponse on_response)
      : open_(std::move(open)),
        request_(std::move(request)),
        on_response_(std::move(on_response)) {}

  // Returns once it is stopped, with OK. Errors: those of on_response; the gateway's, if it never
  // answered or will not go on from the cursor.
  absl::Status Run() {
    LinkRetry retry("gateway", {});
    while (true) {
      const absl::Status ended = Follow();
      std::unique_lock lock(mutex_);
      if (stopped_) return absl::OkStatus();
      if (!failed_.ok()) return failed_;
      if (!answered_ || !IsWorthARetry(ended)) return ended;
      if (made_progress_) retry.OnProgress();
      changed_.wait_for(lock, retry.OnBreak(ended), [this] { return stopped_; });
      if (stopped_) return absl::OkStatus();
    }
  }

  // From any thread.
  void Stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (stream_ != nullptr) stream_->TryCancel();
    changed_.notify_all();
  }

 private:
  // One stream to its end.
  absl::Status Follow() {
    grpc::ClientContext context;
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return absl::OkStatus();
      stream_ = &context;
    }
    auto reader = open_(&context, request_);
    made_progress_ = false;
    absl::Status taken;
    Response response;
    while (reader->Read(&response)) {
      answered_ = true;
      taken = on_response_(response);
      if (!taken.ok()) break;
      made_progress_ = true;
      request_.set_cursor(response.cursor());
    }
    if (!taken.ok()) context.TryCancel();
    const grpc::Status status = reader->Finish();
    std::lock_guard lock(mutex_);
    stream_ = nullptr;
    if (!taken.ok()) {
      if (!IsWorthARetry(taken)) failed_ = taken;
      return taken;
    }
    return status.ok() ? absl::UnavailableError("the gateway closed the stream")
                       : FromGrpcStatus(status);
  }

  const Open open_;
  Request request_;
  const OnResponse on_response_;
  bool answered_ = false;
  bool made_progress_ = false;
  absl::Status failed_;  // of on_response
  std::mutex mutex_;
  std::condition_variable changed_;
  grpc::ClientContext* stream_ = nullptr;  // the open one's; guarded by mutex_
  bool stopped_ = false;                   // guarded by mutex_
};

}  // namespace silhouette
