#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
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
  // The sender is gone and waits for no ack. Then Abort is called, unless what the handler has
  // taken is of use all the same.
  virtual bool FlushesForNobody() const { return false; }
};

// Checks the headers of one stream: they name their run, number its batches without gaps, and their
// accounts add up.
class HeaderChecker {
 public:
  static constexpr size_t kMaxNameBytes = 2048;  // of an origin, of a run
  static constexpr size_t kMaxRuns = 4096;       // over one stream

  // Errors: INVALID_ARGUMENT saying what is wrong, or which batch was expected.
  absl::Status Check(const v1::BatchHeader& header);

 private:
  struct Run {
    uint64_t last = 0;  // sequence
    bool ended = false;
  };
  std::map<std::pair<std::string, std::string>, Run> runs_;  // by origin and run
};

// The streams a service is serving, so that a shutdown can end them, and the loss of a sender those
// that wait for something else; and how those before ended. Thread-safe.
class OpenStreams {
 public:
  using Abort = std::function<void()>;

  // `service` is "feature", as in the names of metrics.
  explicit OpenStreams(const std::string& service);
  ~OpenStreams();
  OpenStreams(const OpenStreams&) = delete;
  OpenStreams& operator=(const OpenStreams&) = delete;

  // `on_gone` is called once if the stream is cancelled. No other thread may ask `context` about
  // that until Remove.
  void Add(grpc::ServerContext* context, Abort abort, std::function<void()> on_gone);
  void Remove(grpc::ServerContext* context);
  // A stream ended so, one that was refused included.
  void CountEnd(const absl::Status& status);
  std::shared_ptr<prometheus::Collectable> metrics() const { return registry_; }
  // Ends the streams there are and all that come. Their handlers get the grace period to flush;
  // those that have not are aborted. Returns when all have been told.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Stream {
    Abort abort;
    std::function<void()> on_gone;  // null once called
  };
  prometheus::Counter& CounterOf(absl::StatusCode code);
  // The watcher's thread: a handler that waits cannot see for itself that its sender is gone.
  void Watch();

  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge& open_;
  prometheus::Family<prometheus::Counter>& ended_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                           // guarded by mutex_
  bool ends_ = false;                               // guarded by mutex_
  std::map<grpc::ServerContext*, Stream> streams_;  // guarded by mutex_
  std::thread watcher_;                             // begins with the first stream
};

// The receiving half of a link: serves one Push stream to its end. `make_handler` is called with
// the stream's AckWriter and returns absl::StatusOr<std::unique_ptr<BatchHandler<Batch>>>.
template <typename Batch, typename MakeHandler>
grpc::Status ServeLink(grpc::ServerContext* context,
                       grpc::ServerReaderWriter<v1::Ack, Batch>* stream, OpenStreams* open_streams,
                       const MakeHandler& make_handler) {
  class StreamAckWriter : public AckWriter {
   public:
    explicit StreamAckWriter(grpc::ServerReaderWriter<v1::Ack, Batch>* s) : stream_(s) {}
    void Write(const v1::Ack& ack) override {
      std::lock_guard lock(mutex_);
      stream_->Write(ack);
    }

   private:
    std::mutex mutex_;
    grpc::ServerReaderWriter<v1::Ack, Batch>* stream_;
  };
  if (context->IsCancelled()) {  // by a limit, or already by its peer
    open_streams->CountEnd(absl::CancelledError());
    return grpc::Status::CANCELLED;
  }
  StreamAckWriter acks(stream);
  auto handler = make_handler(&acks);
  if (!handler.ok()) {
    open_streams->CountEnd(handler.status());
    return ToGrpcStatus(handler.status());
  }

  const auto abort = [&handler] { (*handler)->Abort(); };
  open_streams->Add(context, abort, [&handler, abort] {
    if (!(*handler)->FlushesForNobody()) abort();
  });
  HeaderChecker headers;
  absl::Status status;
  Batch batch;
  while (status.ok() && stream->Read(&batch)) {
    status = headers.Check(batch.header());
    if (status.ok()) status = (*handler)->Consume(batch);
  }
  const absl::Status finished = (*handler)->Finish();
  if (status.ok()) status = finished;
  open_streams->Remove(context);
  // Reading ends where the sender closes its half, and also where it is gone.
  if (status.ok() && context->IsCancelled()) status = absl::CancelledError("the sender is gone");
  open_streams->CountEnd(status);
  return ToGrpcStatus(status);
}

}  // namespace silhouette
