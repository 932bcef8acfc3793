#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/grpc_status.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// Writes the acks of one incoming stream. Thread-safe.
class AckWriter {
 public:
  virtual ~AckWriter() = default;
  // A stream that is gone takes no ack; its sender will send the batches again.
  virtual void Write(const v1::Ack& ack) = 0;
  // The stream is cancelled: nobody waits for what the handler does.
  virtual bool IsGone() const = 0;
  // The handler has nothing more to say before the sender closes its half: asks it to do so, and
  // so to see what Finish returns.
  void AskForEnd() {
    v1::Ack ack;
    ack.set_please_end(true);
    Write(ack);
  }
};

// What a service does with the batches of one incoming stream. Called from one thread.
template <typename Batch>
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;
  // May block: that is the backpressure. An error ends the stream with it.
  virtual absl::Status Consume(const Batch& batch) = 0;
  // The stream has ended, orderly or not: flushes onward and waits for the acks still to come.
  virtual absl::Status Finish() = 0;
  // Makes Consume and Finish return at once, flushed or not. From any thread.
  virtual void Abort() = 0;
};

// Checks that headers name their run and number their batches without gaps.
class SequenceChecker {
 public:
  // Errors: INVALID_ARGUMENT saying which batch was expected.
  absl::Status Check(const v1::BatchHeader& header);

 private:
  using Key = std::pair<std::string, std::string>;
  std::map<Key, uint64_t> last_;
  std::set<Key> ended_;
};

// The streams a service is serving, so that a shutdown can end them. Thread-safe.
class OpenStreams {
 public:
  using Abort = std::function<void()>;

  void Add(grpc::ServerContext* context, Abort abort);
  void Remove(grpc::ServerContext* context);
  // Ends the streams there are and all that come. Their handlers get the grace period to flush;
  // those that have not are aborted. Returns when all have been told.
  void Stop(std::chrono::milliseconds grace);

 private:
  std::mutex mutex_;
  std::condition_variable removed_;
  bool stopping_ = false;                          // guarded by mutex_
  std::map<grpc::ServerContext*, Abort> streams_;  // guarded by mutex_
};

// The receiving half of a link: serves one Push stream to its end. `make_handler` is called with
// the stream's AckWriter and returns absl::StatusOr<std::unique_ptr<BatchHandler<Batch>>>.
template <typename Batch, typename MakeHandler>
grpc::Status ServeLink(grpc::ServerContext* context,
                       grpc::ServerReaderWriter<v1::Ack, Batch>* stream, OpenStreams* open_streams,
                       const MakeHandler& make_handler) {
  class StreamAckWriter : public AckWriter {
   public:
    StreamAckWriter(grpc::ServerContext* context, grpc::ServerReaderWriter<v1::Ack, Batch>* s)
        : context_(context), stream_(s) {}
    bool IsGone() const override { return context_->IsCancelled(); }
    void Write(const v1::Ack& ack) override {
      std::lock_guard lock(mutex_);
      stream_->Write(ack);
    }

   private:
    grpc::ServerContext* context_;
    std::mutex mutex_;
    grpc::ServerReaderWriter<v1::Ack, Batch>* stream_;
  };
  if (context->IsCancelled()) return grpc::Status::CANCELLED;  // by a limit, or already by its peer
  StreamAckWriter acks(context, stream);
  auto handler = make_handler(&acks);
  if (!handler.ok()) return ToGrpcStatus(handler.status());

  open_streams->Add(context, [&handler] { (*handler)->Abort(); });
  SequenceChecker sequences;
  absl::Status status;
  Batch batch;
  while (status.ok() && stream->Read(&batch)) {
    status = sequences.Check(batch.header());
    if (status.ok()) status = (*handler)->Consume(batch);
  }
  const absl::Status finished = (*handler)->Finish();
  open_streams->Remove(context);
  return ToGrpcStatus(status.ok() ? finished : status);
}

}  // namespace silhouette
