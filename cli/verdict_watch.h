#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Follows a gateway's verdicts, over as many streams as it takes: what comes while none is open
// comes with the next.
class VerdictWatch {
 public:
  using OnResponse = std::function<void(const v1::WatchVerdictsResponse&)>;

  VerdictWatch(std::shared_ptr<grpc::Channel> channel, v1::WatchVerdictsRequest request,
               OnResponse on_response);

  // Returns once it is stopped, with OK. Errors: the gateway's, if it never answered or will not go
  // on from the cursor.
  absl::Status Run();
  // From any thread.
  void Stop();

 private:
  // One stream to its end.
  absl::Status Follow();

  const std::unique_ptr<v1::GatewayService::Stub> stub_;
  v1::WatchVerdictsRequest request_;
  const OnResponse on_response_;
  bool answered_ = false;
  bool made_progress_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  grpc::ClientContext* stream_ = nullptr;  // the open one's; guarded by mutex_
  bool stopped_ = false;                   // guarded by mutex_
};

}  // namespace silhouette
