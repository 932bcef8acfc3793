#include "gateway/rest/rpc_call.h"

#include "common/grpc_status.h"
#include "common/trace_metadata.h"

namespace silhouette {

RpcCall::RpcCall(Stub* stub, const std::string& method, const v1::TraceContext& trace) {
  SendTrace(trace, &context_);
  stream_ = stub->PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  Await();  // where it could not start, Finish tells why
}

RpcCall::~RpcCall() {
  context_.TryCancel();
  if (reads_) Await();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RpcCall::Write(const Message& request) {
  stream_->Write(request, this);
  return Await();
}

void RpcCall::WritesDone() {
  stream_->WritesDone(this);
  Await();
}

RpcCall::Got RpcCall::Read(Message* response, std::chrono::milliseconds patience) {
  if (!reads_) stream_->Read(response, this);
  reads_ = true;
  void* tag = nullptr;
  bool ok = false;
  const auto until = std::chrono::system_clock::now() + patience;
  if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) {
    return Got::kNothingYet;
  }
  reads_ = false;
  return ok ? Got::kResponse : Got::kEnd;
}

absl::Status RpcCall::Finish() {
  if (reads_) Await();
  reads_ = false;
  grpc::Status status;
  stream_->Finish(&status, this);
  Await();
  return FromGrpcStatus(status);
}

bool RpcCall::Await() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

OpenCalls::Entry::Entry(OpenCalls* calls, RpcCall* call) : calls_(calls), call_(call) {
  std::lock_guard lock(calls_->mutex_);
  calls_->calls_.insert(call_);
  if (calls_->cancelled_) call_->Cancel();
}

OpenCalls::Entry::~Entry() {
  std::lock_guard lock(calls_->mutex_);
  calls_->calls_.erase(call_);
}

void OpenCalls::CancelAll() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (RpcCall* call : calls_) call->Cancel();
}

}  // namespace silhouette
