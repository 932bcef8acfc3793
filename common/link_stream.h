#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// Messages on links and APIs are at most this long; senders cut batches well below it.
inline constexpr int kMaxMessageBytes = 16 << 20;

// The sending half of one Push stream, which keeps nothing of what it sends. It is opened by the
// first Send. Send and Close come from one thread at a time, Cancel from any.
template <typename Batch>
class LinkStream {
 public:
  using Stream = grpc::ClientReaderWriter<Batch, v1::Ack>;
  // Opens the stream, as [stub](context) { return stub->Push(context); }.
  using Opener = std::function<std::unique_ptr<Stream>(grpc::ClientContext*)>;

  // From a thread of the stream's own, never after Close returned.
  struct Callbacks {
    std::function<void(const v1::Ack&)> on_ack;
    // No ack will come any more, in order or not.
    std::function<void()> on_end = nullptr;
  };

  // `receiver` is what messages call the other end: "feature-svc".
  LinkStream(std::string receiver, Opener open, Callbacks callbacks)
      : receiver_(std::move(receiver)), open_(std::move(open)), callbacks_(std::move(callbacks)) {}
  ~LinkStream() {
    if (closed_) return;
    Cancel();
    (void)Close();
  }
  LinkStream(const LinkStream&) = delete;
  LinkStream& operator=(const LinkStream&) = delete;

  // Blocks while the receiver is slower. An error is the stream's end: nothing more can be sent.
  absl::Status Send(const Batch& batch) {
    if (!closed_ && stream_ == nullptr) Open();
    if (!closed_ && stream_->Write(batch)) return absl::OkStatus();
    absl::Status status = Close();
    if (!status.ok()) return status;
    return absl::UnavailableError(receiver_ + ": closed the stream early");
  }

  // Half-closes and waits until the receiver has acked what it will ack. Idempotent.
  absl::Status Close() {
    if (closed_) return status_;
    closed_ = true;
    if (stream_ == nullptr) {
      if (cancelled_) status_ = absl::CancelledError(receiver_ + ": cancelled");
      return status_;
    }
    stream_->WritesDone();
    reader_.join();
    const grpc::Status finished = stream_->Finish();
    if (!finished.ok()) {
      status_ = absl::Status(static_cast<absl::StatusCode>(finished.error_code()),
                             receiver_ + ": " + finished.error_message());
    }
    return status_;
  }

  // Ends the stream at once, or keeps it from opening; Send and Close then return CANCELLED. From
  // any thread.
  void Cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }

 private:
  void Open() {
    stream_ = open_(&context_);
    reader_ = std::thread([this] {
      v1::Ack ack;
      while (stream_->Read(&ack)) callbacks_.on_ack(ack);
      if (callbacks_.on_end) callbacks_.on_end();
    });
  }

  const std::string receiver_;
  const Opener open_;
  const Callbacks callbacks_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  std::thread reader_;
  bool closed_ = false;
  std::atomic<bool> cancelled_ = false;
  absl::Status status_;
};

}  // namespace silhouette
