#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>  // messages of any type

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// One call of any method, unary or streaming, by its name. It belongs to one thread, which can wait
// for the next response with a time-out, and look after its client meanwhile; Cancel may come from
// any.
class RpcCall {
 public:
  using Message = google::protobuf::Message;
  using Stub = grpc::TemplatedGenericStub<Message, Message>;

  // `method` is "/silhouette.v1.GatewayService/ListRuns"; `trace` goes with it as metadata, unless
  // it is unset. `stub` must outlive the call.
  RpcCall(Stub* stub, const std::string& method, const v1::TraceContext& trace);
  // Cancels it unless it has ended.
  ~RpcCall();
  RpcCall(const RpcCall&) = delete;
  RpcCall& operator=(const RpcCall&) = delete;

  // Waits until the server has room for it. False: the call has ended, see Finish.
  bool Write(const Message& request);
  void WritesDone();

  enum class Got { kResponse, kNothingYet, kEnd };
  // Waits for at most `patience`. Call it with the same `response` until it is there; one that was
  // not there yet must outlive the call, whose end may still fill it. kEnd: see Finish.
  Got Read(Message* response, std::chrono::milliseconds patience);

  // What became of it; waits for the server to say so.
  absl::Status Finish();

  void Cancel() { context_.TryCancel(); }

 private:
  bool Await();  // the one operation that is under way; whether it went well

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<Message, Message>> stream_;
  bool reads_ = false;  // a Read is under way
};

// The calls that are open, so that all of them can be ended at once. Thread-safe.
class OpenCalls {
 public:
  // Registers a call for as long as this lives.
  class Entry {
   public:
    Entry(OpenCalls* calls, RpcCall* call);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    OpenCalls* const calls_;
    RpcCall* const call_;
  };

  // Cancels those that are open, and those to come as they come.
  void CancelAll();

 private:
  std::mutex mutex_;
  bool cancelled_ = false;    // guarded by mutex_
  std::set<RpcCall*> calls_;  // guarded by mutex_
};

}  // namespace silhouette
