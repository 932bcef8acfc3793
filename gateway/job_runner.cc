#include "gateway/job_runner.h"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/batch_log.h"
#include "common/grpc_status.h"
#include "common/trace_context.h"
#include "common/trace_metadata.h"

namespace silhouette {
namespace {

constexpr std::chrono::milliseconds kPoll(200);
constexpr std::chrono::seconds kAskPatience(1);

// What another try would only meet again.
bool IsTheCapturesFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsUnimplemented(status) ||
         absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
}

v1::TraceContext TraceOf(const v1::Job& job) {
  return ParseTraceparent(job.traceparent()).value_or(v1::TraceContext());
}

// For its log lines.
LogFields NamesOf(const v1::Job& job) {
  LogFields fields = {{"job", job.id()}, {"origin", job.origin()}, {"run", job.run()}};
  AddTrace(TraceOf(job), &fields);
  return fields;
}

// Captures that run there. Errors: the call's.
absl::StatusOr<int> CountRunning(v1::CaptureService::Stub* stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kAskPatience);
  v1::ListCapturesResponse response;
  const grpc::Status status = stub->ListCaptures(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  int running = 0;
  for (const v1::Capture& capture : response.captures()) {
    if (capture.state() == v1::CAPTURE_STATE_RUNNING) ++running;
  }
  return running;
}

// Keeps the newest response of a stream, in a thread of its own.
class Responses {
 public:
  explicit Responses(grpc::ClientReaderWriter<v1::SubmitRequest, v1::SubmitResponse>* stream)
      : thread_([this, stream] {
          v1::SubmitResponse response;
          while (stream->Read(&response)) {
            std::lock_guard lock(mutex_);
            last_ = response.capture();
          }
          std::lock_guard lock(mutex_);
          ended_ = true;
          changed_.notify_all();
        }) {}
  ~Responses() { thread_.join(); }

  bool WaitForEnd(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return ended_; });
  }
  v1::Capture last() {
    std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  v1::Capture last_;    // guarded by mutex_
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace

JobRunner::JobRunner(JobManager* jobs, Channels channels, int at_once)
    : jobs_(jobs), channels_(std::move(channels)) {
  for (int i = 0; i < at_once; ++i) threads_.emplace_back([this] { Loop(); });
}

void JobRunner::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (grpc::ClientContext* context : open_) context->TryCancel();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void JobRunner::Loop() {
  while (!stopped_) {
    if (auto work = jobs_->Take(kPoll)) Run(*work);
  }
}

void JobRunner::Run(const JobManager::Work& work) {
  const std::string& id = work.job.id();
  const std::unique_ptr<Stub> stub = LeastBusy();
  if (stub == nullptr) {
    jobs_->PutBack(work.job, "no capture-svc answers; start one, or name it by --capture-address");
    return;
  }
  const LogFields names = NamesOf(work.job);
  LogInfo(absl::StrCat("job ", id, " (", work.job.name(), ") begins"), names);
  const auto capture = Stream(work, stub.get());
  if (!capture.ok() && IsTheCapturesFault(capture.status())) {
    LogWarn(absl::StrCat("job ", id, ": ", std::string(capture.status().message())), names);
    jobs_->Fail(work.job, std::string(capture.status().message()));
  } else if (!capture.ok()) {
    if (!stopped_) {
      LogWarn(absl::StrCat("job ", id, " begins again: ", capture.status().ToString()), names);
    }
    jobs_->PutBack(work.job, std::string(capture.status().message()));
  } else if (capture->state() == v1::CAPTURE_STATE_FAILED) {
    LogWarn(absl::StrCat("job ", id, ": ", capture->error()), names);
    jobs_->Fail(work.job, capture->error());
  } else if (capture->state() != v1::CAPTURE_STATE_DONE) {
    jobs_->PutBack(work.job, "capture-svc broke off");
  } else {
    LogInfo(absl::StrCat("job ", id, " is done"), names);
    jobs_->Done(work.job);
  }
}

std::unique_ptr<JobRunner::Stub> JobRunner::LeastBusy() {
  std::unique_ptr<Stub> best;
  int least = 0;
  for (const auto& channel : channels_()) {
    auto stub = v1::CaptureService::NewStub(channel);
    const auto running = CountRunning(stub.get());
    if (!running.ok() || (best != nullptr && *running >= least)) continue;
    least = *running;
    best = std::move(stub);
  }
  return best;
}

absl::StatusOr<v1::Capture> JobRunner::Stream(const JobManager::Work& work, Stub* stub) {
  grpc::ClientContext context;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return absl::UnavailableError("the gateway ends");
    open_.insert(&context);
  }
  SendTrace(TraceOf(work.job), &context);
  auto stream = stub->Submit(&context);
  v1::Capture last;
  absl::Status sent;
  {
    Responses responses(stream.get());
    sent = Send(work, stream.get());
    if (!sent.ok()) context.TryCancel();
    while (!responses.WaitForEnd(kPoll)) {
      if (!jobs_->Progress(work.job, work.job.spooled_bytes())) context.TryCancel();
    }
    last = responses.last();
  }
  const grpc::Status status = stream->Finish();
  std::lock_guard lock(mutex_);
  open_.erase(&context);
  if (!sent.ok()) return sent;
  if (!status.ok()) return FromGrpcStatus(status);
  return last;
}

absl::Status JobRunner::Send(
    const JobManager::Work& work,
    grpc::ClientReaderWriter<v1::SubmitRequest, v1::SubmitResponse>* stream) {
  constexpr size_t kPiece = 256 << 10;
  v1::SubmitRequest request;
  request.mutable_header()->set_origin(work.job.origin());
  request.mutable_header()->set_run(work.job.run());
  if (!stream->Write(request)) return absl::OkStatus();  // which tells why at its end
  std::ifstream file(work.path, std::ios::binary);
  uint64_t sent = 0;
  std::string* const data = request.mutable_data();
  while (true) {
    data->resize(kPiece);
    file.read(data->data(), static_cast<std::streamsize>(kPiece));
    data->resize(static_cast<size_t>(file.gcount()));
    if (data->empty()) break;
    if (!stream->Write(request)) return absl::OkStatus();
    sent += data->size();
    if (!jobs_->Progress(work.job, sent)) return absl::CancelledError("the job is given up");
  }
  // What cannot be read now may be read later: this is the only copy.
  if (!file.is_open() || file.bad()) {
    return absl::UnavailableError(absl::StrCat(work.path, ": cannot be read"));
  }
  if (sent != work.job.spooled_bytes()) {
    return absl::DataLossError("its capture in the spool is cut; hand it in again");
  }
  stream->WritesDone();
  return absl::OkStatus();
}

}  // namespace silhouette
