// Of JobManager: how captures come in.
#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/job_state.h"
#include "common/trace_context.h"
#include "gateway/job_manager.h"

namespace silhouette {
namespace {

constexpr size_t kMostTruthBytes = 1 << 20;
constexpr size_t kMostNameBytes = 1024;

// A client's id is the name of a file, too.
absl::Status CheckId(const std::string& id) {
  const auto is_good = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  if (!id.empty() && id.size() <= 64 && id[0] != '.' &&
      std::all_of(id.begin(), id.end(), is_good)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "job: an id is 1 to 64 letters, digits, '-', '_' and '.', and does not begin with a '.'");
}

// Of each job another, also of those that have one id after another.
std::string RunName(absl::Time now, int64_t number) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone()), "-", number);
}

std::string NewId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x", random(), random(), random());
}

}  // namespace

absl::StatusOr<v1::Job> JobManager::BeginUpload(const std::string& id, const std::string& name,
                                                uint64_t offset, uint64_t total_bytes,
                                                const std::string& truth_csv,
                                                const v1::TraceContext& trace) {
  if (!id.empty()) {
    if (absl::Status status = CheckId(id); !status.ok()) return status;
  }
  if (absl::Status status = MakeRoom(id); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (stopped_) return absl::UnavailableError("the gateway ends");
  Entry* entry = nullptr;
  if (const auto found = jobs_.find(id); found != jobs_.end()) {
    entry = &found->second;
  } else if (offset > 0) {
    return absl::OutOfRangeError(
        absl::StrCat("offset ", offset, " of a job of which nothing was received"));
  } else {
    auto added = AddJob(id.empty() ? NewId() : id, name, truth_csv, trace);
    if (!added.ok()) return added.status();
    entry = *added;
    entry->resumable = !id.empty();
  }
  if (absl::Status status = CheckUpload(*entry, offset); !status.ok()) return status;
  if (entry->cutter == nullptr) StartCutter(entry);
  entry->is_attached = true;
  if (total_bytes > 0) entry->job.set_total_bytes(total_bytes);
  Touch(entry);
  return entry->job;
}

absl::Status JobManager::WhyClosed(const v1::Job& job) const {
  if (stopped_) return absl::UnavailableError("the gateway ends");
  return absl::FailedPreconditionError(
      absl::StrCat("job ", job.id(), " is ", JobStateName(job.state()), " and takes no more bytes",
                   job.error().empty() ? "" : absl::StrCat(" (", job.error(), ")"),
                   "; hand the capture in under another name for a new job"));
}

absl::Status JobManager::CheckUpload(const Entry& entry, uint64_t offset) const {
  const v1::Job& job = entry.job;
  if (job.state() != v1::JOB_STATE_UPLOADING) return WhyClosed(job);
  if (entry.is_attached) {
    return absl::AbortedError(
        absl::StrCat("another stream brings bytes for job ", job.id(), "; wait for its end"));
  }
  if (offset <= job.received_bytes()) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("offset ", offset, " is ahead of the ",
                                            job.received_bytes(), " bytes that were received"));
}

absl::StatusOr<JobManager::Entry*> JobManager::AddJob(const std::string& id,
                                                      const std::string& name,
                                                      const std::string& truth_csv,
                                                      const v1::TraceContext& trace) {
  if (name.empty() || name.size() > kMostNameBytes) {
    return absl::InvalidArgumentError("name: give the capture one, of 1024 bytes at most");
  }
  if (truth_csv.size() > kMostTruthBytes) {
    return absl::InvalidArgumentError("truth_csv: is above 1 MiB; is it a truth?");
  }
  if (absl::Status status = CheckRoom(truth_csv.size()); !status.ok()) return status;
  v1::Job job;
  job.set_id(id);
  job.set_name(name);
  job.set_state(v1::JOB_STATE_UPLOADING);
  job.set_origin(absl::StrCat("job:", id));
  job.set_run(RunName(store_->Now(), next_number_));
  job.set_created_ns(absl::ToUnixNanos(store_->Now()));
  job.set_has_truth(!truth_csv.empty());
  job.set_traceparent(ToTraceparent(IsTraced(trace) ? trace : NewTrace()));
  if (absl::Status status = table_.Add(job, truth_csv); !status.ok()) return status;
  Entry& entry = jobs_[id];
  entry.job = std::move(job);
  entry.truth_bytes = truth_csv.size();
  entry.number = next_number_++;
  order_[entry.number] = id;
  return &entry;
}

absl::Status JobManager::MakeRoom(const std::string& id) {
  std::string oldest;
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() < options_.most_jobs || jobs_.contains(id)) return absl::OkStatus();
    const auto found = std::find_if(order_.begin(), order_.end(), [this](const auto& numbered) {
      const Entry& entry = jobs_.at(numbered.second);
      return HasEnded(entry.job) && !entry.is_deleting;
    });
    if (found == order_.end()) return absl::OkStatus();  // CheckRoom tells
    oldest = found->second;
  }
  const absl::Status deleted = Delete(oldest);
  return absl::IsNotFound(deleted) || absl::IsAborted(deleted) ? absl::OkStatus() : deleted;
}

absl::Status JobManager::CheckRoom(uint64_t truth_bytes) const {
  size_t uploads = 0;
  for (const auto& [id, entry] : jobs_) {
    uploads += entry.cutter != nullptr ? 1 : 0;
    truth_bytes += entry.truth_bytes;
  }
  if (uploads >= options_.most_uploads) {
    return absl::ResourceExhaustedError(
        absl::StrCat(uploads, " captures are being handed in; try again when one is there"));
  }
  if (jobs_.size() >= options_.most_jobs) {
    return absl::ResourceExhaustedError(
        absl::StrCat(jobs_.size(), " jobs wait; try again when some are done"));
  }
  if (spool_->is_full()) {
    return absl::ResourceExhaustedError(
        "the spool is full of captures that wait; try again when some are done");
  }
  if (truth_bytes > options_.truth_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("truth_csv: those of all jobs take ", options_.truth_bytes >> 20,
                     " MiB; delete jobs that are not needed any more"));
  }
  return absl::OkStatus();
}

void JobManager::StartCutter(Entry* entry) {
  entry->spool = spool_->Add(FileOf(entry->job));
  const auto may_keep = [share = entry->spool](uint64_t bytes) { return share->Grow(bytes); };
  entry->cutter =
      std::make_shared<CaptureCutter>(entry->spool->path(), entry->job.name(), may_keep);
}

absl::Status JobManager::Write(const v1::Job& job, std::string_view bytes) {
  std::shared_ptr<CaptureCutter> cutter;
  {
    std::lock_guard lock(mutex_);
    auto entry = Find(job);
    if (!entry.ok()) return entry.status();
    cutter = (*entry)->cutter;
    if (cutter == nullptr) return WhyClosed((*entry)->job);
  }
  const absl::Status written = cutter->Write(bytes);
  std::lock_guard lock(mutex_);
  auto found = Find(job);
  if (!found.ok()) return found.status();
  Entry* const entry = *found;
  if (entry->cutter != cutter) return WhyClosed(entry->job);
  if (!written.ok()) {
    End(entry, v1::JOB_STATE_FAILED, std::string(written.message()));
    return written;
  }
  entry->job.set_received_bytes(entry->job.received_bytes() + bytes.size());
  entry->job.set_spooled_bytes(cutter->bytes_written());
  Touch(entry);
  return absl::OkStatus();
}

absl::StatusOr<v1::Job> JobManager::EndUpload(const v1::Job& job) {
  std::shared_ptr<CaptureCutter> cutter;
  {
    std::lock_guard lock(mutex_);
    auto found = Find(job);
    if (!found.ok()) return found.status();
    Entry* const entry = *found;
    cutter = entry->cutter;
    if (cutter == nullptr) return WhyClosed(entry->job);
    if (entry->job.total_bytes() > entry->job.received_bytes()) {
      entry->is_attached = false;
      return entry->job;
    }
  }
  auto result = cutter->Finish();
  std::lock_guard lock(mutex_);
  auto found = Find(job);
  if (!found.ok()) return found.status();
  Entry* const entry = *found;
  entry->is_attached = false;
  if (entry->cutter != cutter) return WhyClosed(entry->job);  // cancelled meanwhile
  if (!result.ok()) {
    End(entry, v1::JOB_STATE_FAILED, std::string(result.status().message()));
    return result.status();
  }
  entry->cutter.reset();
  entry->job.set_state(v1::JOB_STATE_QUEUED);
  entry->queued = store_->Now();
  entry->job.set_total_bytes(entry->job.received_bytes());
  entry->job.set_spooled_bytes(result->bytes);
  entry->job.set_incomplete(result->incomplete);
  if (absl::Status status = Save(*entry); !status.ok()) {
    End(entry, v1::JOB_STATE_FAILED, std::string(status.message()));
    return status;
  }
  Touch(entry);
  return entry->job;
}

void JobManager::LeaveUpload(const v1::Job& job) {
  std::lock_guard lock(mutex_);
  auto found = Find(job);
  if (!found.ok() || !(*found)->is_attached) return;
  Entry* const entry = *found;
  entry->is_attached = false;
  if (entry->resumable || HasEnded(entry->job)) return Touch(entry);
  End(entry, v1::JOB_STATE_FAILED,
      "the stream broke, and the client had given no id to go on with; hand it in again");
}

}  // namespace silhouette
