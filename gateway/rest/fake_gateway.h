#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/trace_metadata.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Answers what a test tells it to, and remembers what it was asked. Thread-safe.
class FakeGateway final : public v1::GatewayService::Service {
 public:
  struct Submitted {
    v1::SubmitPcapHeader header;
    uint64_t bytes = 0;
    std::string beginning;        // of the bytes
    bool is_half_closed = false;  // by the client, in order
    bool is_cancelled = false;
  };

  // Pieces of GetJobResults, and responses of WatchJobs; then the end of both.
  std::vector<std::string> pieces;
  std::vector<v1::WatchJobsResponse> changes;
  grpc::Status end;
  bool watch_goes_on = false;  // WatchJobs ends when its client does
  grpc::Status refuse_upload;  // SubmitPcap ends with it behind the first bytes
  bool stall = false;          // SubmitPcap takes no bytes until Release

  // The upload that has ended; waits for it.
  Submitted WaitForUpload() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [this] { return upload_ended_; });
    return submitted_;
  }
  bool WaitForUploadToBegin() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return upload_began_; });
  }
  // How many streams of WatchJobs there are, once that is so.
  bool WaitForWatchers(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return watchers_ == count; });
  }
  // One more response for those who watch jobs; returns once it is theirs to read.
  bool Send(const v1::WatchJobsResponse& change) {
    std::unique_lock lock(mutex_);
    next_change_ = change;
    return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return !next_change_; });
  }
  void Release() {
    std::lock_guard lock(mutex_);
    stall = false;
    changed_.notify_all();
  }
  // Of the last ListRuns.
  v1::TraceContext trace() {
    std::lock_guard lock(mutex_);
    return trace_;
  }
  std::string cursor() {
    std::lock_guard lock(mutex_);
    return cursor_;
  }

  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest*,
                        v1::ListRunsResponse* response) override {
    std::lock_guard lock(mutex_);
    trace_ = ReceivedTrace(*context);
    response->add_runs()->set_origin("<img src=x onerror=alert(1)>");
    return grpc::Status::OK;
  }

  grpc::Status ListSubjects(grpc::ServerContext*, const v1::ListSubjectsRequest* request,
                            v1::ListSubjectsResponse* response) override {
    if (request->run().origin().empty()) return {grpc::StatusCode::NOT_FOUND, "no run"};
    response->set_next_page_token(request->run().origin() + " " + request->run().run());
    return grpc::Status::OK;
  }

  grpc::Status WatchVerdicts(grpc::ServerContext*, const v1::WatchVerdictsRequest* request,
                             grpc::ServerWriter<v1::WatchVerdictsResponse>* writer) override {
    std::lock_guard lock(mutex_);
    cursor_ = request->cursor();
    v1::WatchVerdictsResponse response;
    response.set_cursor("7:8");
    writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status WatchJobs(grpc::ServerContext* context, const v1::WatchJobsRequest*,
                         grpc::ServerWriter<v1::WatchJobsResponse>* writer) override {
    for (const auto& change : changes) writer->Write(change);
    std::unique_lock lock(mutex_);
    ++watchers_;
    changed_.notify_all();
    while (watch_goes_on && !context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(10));
      if (!next_change_) continue;
      writer->Write(*next_change_);
      next_change_.reset();
      changed_.notify_all();
    }
    --watchers_;
    changed_.notify_all();
    return end;
  }

  grpc::Status GetJobResults(grpc::ServerContext*, const v1::GetJobResultsRequest*,
                             grpc::ServerWriter<v1::GetJobResultsResponse>* writer) override {
    for (const std::string& piece : pieces) {
      v1::GetJobResultsResponse response;
      response.set_data(piece);
      writer->Write(response);
    }
    return end;
  }

  grpc::Status SubmitPcap(grpc::ServerContext* context,
                          grpc::ServerReader<v1::SubmitPcapRequest>* reader,
                          v1::SubmitPcapResponse* response) override {
    Submitted submitted;
    v1::SubmitPcapRequest request;
    if (reader->Read(&request)) submitted.header = request.header();
    {
      std::unique_lock lock(mutex_);
      upload_began_ = true;
      changed_.notify_all();
      while (stall && !context->IsCancelled()) {
        changed_.wait_for(lock, std::chrono::milliseconds(10));
      }
    }
    grpc::Status status;
    while (status.ok() && reader->Read(&request)) {
      submitted.bytes += request.data().size();
      if (submitted.beginning.size() < 1024) submitted.beginning += request.data();
      status = refuse_upload;
    }
    submitted.is_cancelled = context->IsCancelled();
    submitted.is_half_closed = !submitted.is_cancelled && status.ok();
    response->mutable_job()->set_id(submitted.header.job());
    response->mutable_job()->set_received_bytes(submitted.bytes);
    std::lock_guard lock(mutex_);
    submitted_ = std::move(submitted);
    upload_ended_ = true;
    changed_.notify_all();
    return status;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Submitted submitted_;  // guarded by mutex_, as the following
  bool upload_began_ = false;
  bool upload_ended_ = false;
  int watchers_ = 0;
  std::optional<v1::WatchJobsResponse> next_change_;
  std::string cursor_;
  v1::TraceContext trace_;
};

}  // namespace silhouette
