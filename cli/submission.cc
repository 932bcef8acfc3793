#include "cli/submission.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/files.h"
#include "common/grpc_status.h"
#include "common/link_retry.h"
#include "common/text.h"
#include "gateway/capture_cutter.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPiece = 256 << 10;

std::string NewJobId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x", random(), random(), random());
}

// What gRPC may say when nobody listens there, or not any more.
bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsUnknown(status) ||
         absl::IsInternal(status);
}

}  // namespace

Submission::Submission(std::string file, std::string name, std::string truth_csv, std::string job)
    : file_(std::move(file)),
      name_(ToUtf8(name)),
      truth_csv_(ToUtf8(truth_csv)),
      job_(job.empty() ? NewJobId() : std::move(job)) {}

Submission::~Submission() {
  std::error_code ignored;
  if (!cut_.empty()) fs::remove(cut_, ignored);
}

absl::Status Submission::Cut(const OnProgress& progress, const std::function<bool()>& is_stopped) {
  if (file_ != "-") {
    if (absl::Status status = CheckReadableFile(file_); !status.ok()) return status;
  }
  std::string path = (fs::temp_directory_path() / "silhouette-submit-XXXXXX").string();
  const int made = mkstemp(path.data());
  if (made < 0) return CannotOpen(path, errno);
  close(made);
  cut_ = path;
  const std::string shown = file_ == "-" ? "standard input" : file_;
  CaptureCutter cutter(cut_, shown, [](uint64_t) { return absl::OkStatus(); });
  const int input = file_ == "-" ? dup(STDIN_FILENO) : open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (input < 0) return CannotOpen(file_, errno);
  std::error_code ignored;
  const uint64_t total = file_ == "-" ? 0 : fs::file_size(file_, ignored);
  std::vector<char> piece(kPiece);
  absl::Status status;
  for (uint64_t done = 0; status.ok();) {
    const ssize_t got = read(input, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = CannotOpen(file_, errno);
    if (is_stopped()) status = absl::CancelledError(shown + ": not handed in");
    if (got <= 0 || !status.ok()) break;
    status = cutter.Write({piece.data(), static_cast<size_t>(got)});
    progress(done += static_cast<uint64_t>(got), total);
  }
  close(input);
  if (!status.ok()) return status;
  auto result = cutter.Finish();
  if (!result.ok()) return result.status();
  cut_bytes_ = result->bytes;
  incomplete_ = result->incomplete;
  return absl::OkStatus();
}

absl::StatusOr<v1::Job> Submission::Send(v1::GatewayService::Stub* gateway,
                                         const OnProgress& progress,
                                         const std::function<bool()>& is_stopped) {
  LinkRetry retry("gateway", {});
  bool answered = false;
  while (true) {
    grpc::ClientContext context;
    v1::GetJobRequest request;
    request.set_job(job_);
    v1::GetJobResponse known;
    const absl::Status asked = FromGrpcStatus(gateway->GetJob(&context, request, &known));
    const bool is_new = absl::IsNotFound(asked);
    if (asked.ok() || is_new) answered = true;
    // It took all of it, and only its answer was lost.
    if (asked.ok() && known.job().state() != v1::JOB_STATE_UPLOADING) return known.job();
    absl::StatusOr<v1::Job> job = asked;
    if (asked.ok() || is_new) {
      job = SendFrom(known.job().received_bytes(), gateway, progress, is_stopped);
    }
    if (job.ok() && job->state() != v1::JOB_STATE_UPLOADING) return job;
    if (job.ok()) job = absl::UnavailableError("the gateway broke off");
    // A stream that broke may still be open on the other side.
    const bool again = IsAway(job.status()) || absl::IsAborted(job.status());
    if (!answered || !again || is_stopped()) return job;
    std::this_thread::sleep_for(retry.OnBreak(job.status()));
  }
}

absl::StatusOr<v1::Job> Submission::SendFrom(uint64_t offset, v1::GatewayService::Stub* gateway,
                                             const OnProgress& progress,
                                             const std::function<bool()>& is_stopped) {
  grpc::ClientContext context;
  v1::SubmitPcapResponse response;
  auto writer = gateway->SubmitPcap(&context, &response);
  v1::SubmitPcapRequest request;
  v1::SubmitPcapHeader* const header = request.mutable_header();
  header->set_job(job_);
  header->set_name(name_);
  header->set_offset(offset);
  header->set_total_bytes(cut_bytes_);
  header->set_truth_csv(truth_csv_);
  std::ifstream file(cut_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  for (bool open = writer->Write(request); open;) {
    std::string* const data = request.mutable_data();
    data->resize(kPiece);
    file.read(data->data(), static_cast<std::streamsize>(kPiece));
    data->resize(static_cast<size_t>(file.gcount()));
    if (data->empty()) break;
    if (is_stopped()) context.TryCancel();
    open = writer->Write(request);
    progress(offset += data->size(), cut_bytes_);
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return FromGrpcStatus(status);
  return response.job();
}

}  // namespace silhouette
