#pragma once

#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/trace_metadata.h"
#include "silhouette/v1/capture_service.grpc.pb.h"

namespace silhouette {

// A capture-svc that keeps what is submitted, for tests. Thread-safe.
class FakeCaptureService final : public v1::CaptureService::Service {
 public:
  struct Submission {
    std::string origin;
    std::string run;
    std::string bytes;
    v1::TraceContext trace = {};
  };
  // What becomes of a submission with this number, from 0; told before its bytes are read.
  // An error ends the stream.
  std::function<grpc::Status(size_t)> begin = [](size_t) { return grpc::Status::OK; };
  v1::CaptureState outcome = v1::CAPTURE_STATE_DONE;
  std::string error;
  int running = 0;  // captures that ListCaptures tells of
  bool waits_for_cancellation = false;
  std::latch cancelled{1};  // once one has waited for it

  std::vector<Submission> submissions() {
    std::lock_guard lock(mutex_);
    return submissions_;
  }

  grpc::Status ListCaptures(grpc::ServerContext* context, const v1::ListCapturesRequest* request,
                            v1::ListCapturesResponse* response) override {
    for (int i = 0; i < running; ++i) {
      response->add_captures()->set_state(v1::CAPTURE_STATE_RUNNING);
    }
    return grpc::Status::OK;
  }

  grpc::Status Submit(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::SubmitResponse, v1::SubmitRequest>* stream) override {
    v1::SubmitRequest request;
    if (!stream->Read(&request)) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "empty");
    Submission submission{request.header().origin(), request.header().run(), "",
                          ReceivedTrace(*context)};
    size_t number = 0;
    {
      std::lock_guard lock(mutex_);
      number = submissions_.size();
      submissions_.push_back(submission);
    }
    if (grpc::Status status = begin(number); !status.ok()) return status;
    while (stream->Read(&request)) submission.bytes += request.data();
    while (waits_for_cancellation && !context->IsCancelled()) std::this_thread::yield();
    if (waits_for_cancellation) cancelled.count_down();
    std::lock_guard lock(mutex_);
    submissions_[number] = submission;
    v1::SubmitResponse response;
    response.mutable_capture()->set_state(outcome);
    response.mutable_capture()->set_error(error);
    stream->Write(response);
    return grpc::Status::OK;
  }

 private:
  std::mutex mutex_;
  std::vector<Submission> submissions_;  // guarded by mutex_
};

}  // namespace silhouette
