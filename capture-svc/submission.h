#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/capture_manager.h"
#include "common/capture_file/byte_channel.h"
#include "silhouette/v1/capture_service.pb.h"

namespace silhouette {

// How many submissions are being captured, for a process that ends: their clients are to be told.
// Thread-safe.
class RunningSubmissions {
 public:
  void Enter();
  void Leave();
  // Waits until there is none, but not for longer.
  void WaitUntilNone(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;  // guarded by mutex_
};

// One Submit stream. Its bytes go through a channel to a capture, which CaptureManager runs as any
// other; a thread of its own tells the client how far that is, and looks whether it is still there.
class Submission {
 public:
  using Stream = grpc::ServerReaderWriter<v1::SubmitResponse, v1::SubmitRequest>;
  // A capture of what comes through the channel, under the header's names.
  using MakeCapture = std::function<std::shared_ptr<Capture>(const v1::SubmitHeader& header,
                                                             std::shared_ptr<ByteChannel> channel)>;

  Submission(CaptureManager* captures, RunningSubmissions* running, grpc::ServerContext* context,
             Stream* stream)
      : captures_(captures), running_(running), context_(context), stream_(stream) {}

  // Serves the stream to its end. Call once. Errors: those of the RPC.
  absl::Status Serve(const MakeCapture& make_capture);

 private:
  absl::StatusOr<v1::SubmitHeader> ReadHeader();
  // Returns once the client has given all, or the capture takes no more.
  void TakeBytes();
  // What the other thread does.
  void Report();
  // False when the client is gone.
  bool Respond();
  // Aborts the capture; the client is told why.
  void GiveUp(absl::Status why);
  // Once the capture has ended.
  absl::Status Outcome() const;

  CaptureManager* const captures_;
  RunningSubmissions* const running_;
  grpc::ServerContext* const context_;
  Stream* const stream_;
  const std::shared_ptr<ByteChannel> channel_ = std::make_shared<ByteChannel>();
  std::shared_ptr<Capture> capture_;
  absl::Status outcome_;    // the reporter's, until it is joined
  std::mutex write_mutex_;  // one response at a time
  mutable std::mutex mutex_;
  absl::Status given_up_;  // guarded by mutex_
};

}  // namespace silhouette
