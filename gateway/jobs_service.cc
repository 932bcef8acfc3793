// GatewayService's jobs.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/job_state.h"
#include "common/trace_metadata.h"
#include "gateway/job_results.h"
#include "gateway/service.h"

namespace silhouette {
namespace {

constexpr std::chrono::milliseconds kCheckClient(200);
constexpr std::chrono::milliseconds kBetweenChanges(100);

ResultFormat FormatOf(v1::ResultFormat format) {
  if (format == v1::RESULT_FORMAT_CSV) return ResultFormat::kCsv;
  if (format == v1::RESULT_FORMAT_SEGMENTS) return ResultFormat::kSegments;
  return ResultFormat::kJsonLines;
}

}  // namespace

absl::StatusOr<JobManager*> GatewayService::Jobs() const {
  if (jobs_ != nullptr) return jobs_;
  return absl::UnimplementedError("this gateway takes no jobs");
}

grpc::Status GatewayService::SubmitPcap(grpc::ServerContext* context,
                                        grpc::ServerReader<v1::SubmitPcapRequest>* reader,
                                        v1::SubmitPcapResponse* response) {
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  v1::SubmitPcapRequest request;
  if (!reader->Read(&request) || !request.has_header()) {
    return ToGrpcStatus(absl::InvalidArgumentError("the first message must be a header"));
  }
  const v1::SubmitPcapHeader header = request.header();
  auto job =
      (*jobs)->BeginUpload(header.job(), header.name(), header.offset(), header.total_bytes(),
                           header.truth_csv(), ReceivedTrace(*context));
  if (!job.ok()) return ToGrpcStatus(job.status());
  absl::Status received = Receive(*job, job->received_bytes() - header.offset(), *jobs, reader);
  // A stream that breaks also ends; only one that was closed is whole.
  if (received.ok() && context->IsCancelled()) received = absl::CancelledError("the stream broke");
  if (!received.ok()) {
    (*jobs)->LeaveUpload(*job);
    return ToGrpcStatus(received);
  }
  auto ended = (*jobs)->EndUpload(*job);
  if (!ended.ok()) return ToGrpcStatus(ended.status());
  *response->mutable_job() = *std::move(ended);
  return grpc::Status::OK;
}

// Bytes up to the end of a stream; the first `known` were received before.
absl::Status GatewayService::Receive(const v1::Job& job, uint64_t known, JobManager* jobs,
                                     grpc::ServerReader<v1::SubmitPcapRequest>* reader) {
  v1::SubmitPcapRequest request;
  while (reader->Read(&request)) {
    if (!request.has_data()) {
      return absl::InvalidArgumentError("only the first message of a stream is a header");
    }
    std::string_view data = request.data();
    const size_t skipped = std::min<uint64_t>(known, data.size());
    known -= skipped;
    data.remove_prefix(skipped);
    if (absl::Status written = jobs->Write(job, data); !written.ok()) return written;
  }
  return absl::OkStatus();
}

grpc::Status GatewayService::GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                                    v1::GetJobResponse* response) {
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  auto job = (*jobs)->Get(request->job());
  if (!job.ok()) return ToGrpcStatus(job.status());
  *response->mutable_job() = *std::move(job);
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListJobs(grpc::ServerContext* context,
                                      const v1::ListJobsRequest* request,
                                      v1::ListJobsResponse* response) {
  constexpr uint32_t kDefault = 100, kMost = 1000;
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  int64_t behind = 0;
  if (!request->page_token().empty() &&
      (!absl::SimpleAtoi(request->page_token(), &behind) || behind <= 0)) {
    return ToGrpcStatus(absl::InvalidArgumentError(
        "page_token is not one of ours; pass next_page_token as it was given, or none"));
  }
  const uint32_t limit =
      request->page_size() == 0 ? kDefault : std::min(request->page_size(), kMost);
  const auto page = (*jobs)->List(limit, &behind);
  response->mutable_jobs()->Add(page.begin(), page.end());
  if (page.size() == limit) response->set_next_page_token(absl::StrCat(behind));
  return grpc::Status::OK;
}

grpc::Status GatewayService::WatchJobs(grpc::ServerContext* context,
                                       const v1::WatchJobsRequest* request,
                                       grpc::ServerWriter<v1::WatchJobsResponse>* writer) {
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  const std::string& only = request->job();
  if (!only.empty()) {
    if (auto job = (*jobs)->Get(only); !job.ok()) return ToGrpcStatus(job.status());
  }
  int64_t version = 0;
  while (!context->IsCancelled() && !stopping_) {
    const bool is_first = version == 0;
    auto changes = (*jobs)->Watch(version, only, kCheckClient);
    version = changes.version;
    v1::WatchJobsResponse response;
    response.mutable_jobs()->Add(changes.jobs.begin(), changes.jobs.end());
    response.mutable_deleted()->Add(changes.deleted.begin(), changes.deleted.end());
    const bool is_new = response.jobs_size() > 0 || response.deleted_size() > 0;
    if (!is_new && !is_first) continue;
    if (!writer->Write(response)) break;
    // Deleted, perhaps before this stream looked at it.
    const bool is_gone = is_first && !only.empty() && response.jobs_size() == 0;
    if (is_gone || (!only.empty() && response.deleted_size() > 0)) return grpc::Status::OK;
    if (!only.empty() && response.jobs_size() > 0 && HasEnded(response.jobs(0))) {
      return grpc::Status::OK;
    }
    std::this_thread::sleep_for(kBetweenChanges);  // nobody reads faster
  }
  return ToGrpcStatus(stopping_ ? absl::UnavailableError("the gateway ends")
                                : absl::CancelledError("the watcher is gone"));
}

grpc::Status GatewayService::CancelJob(grpc::ServerContext* context,
                                       const v1::CancelJobRequest* request,
                                       v1::CancelJobResponse* response) {
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  auto job = (*jobs)->Cancel(request->job());
  if (!job.ok()) return ToGrpcStatus(job.status());
  *response->mutable_job() = *std::move(job);
  return grpc::Status::OK;
}

grpc::Status GatewayService::DeleteJob(grpc::ServerContext* context,
                                       const v1::DeleteJobRequest* request,
                                       v1::DeleteJobResponse* response) {
  auto jobs = Jobs();
  return ToGrpcStatus(jobs.ok() ? (*jobs)->Delete(request->job()) : jobs.status());
}

grpc::Status GatewayService::GetJobResults(grpc::ServerContext* context,
                                           const v1::GetJobResultsRequest* request,
                                           grpc::ServerWriter<v1::GetJobResultsResponse>* writer) {
  auto jobs = Jobs();
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  auto job = (*jobs)->Get(request->job());
  if (!job.ok()) return ToGrpcStatus(job.status());
  auto run = engine_->store()->FindRun(job->origin(), job->run());
  if (absl::IsNotFound(run.status())) {
    return ToGrpcStatus(
        absl::FailedPreconditionError(absl::StrCat("job ", job->id(), " has stored nothing yet")));
  }
  if (!run.ok()) return ToGrpcStatus(run.status());
  return ToGrpcStatus(
      WriteResults(engine_, *run, FormatOf(request->format()), [&](const std::string& piece) {
        v1::GetJobResultsResponse response;
        response.set_data(piece);
        return !context->IsCancelled() && writer->Write(response);
      }));
}

}  // namespace silhouette
