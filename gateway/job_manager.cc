#include "gateway/job_manager.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/job_state.h"
#include "common/trace_context.h"
#include "gateway/retention.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

constexpr char kRun[] = "1";
// Of the spool's files, which are pcapng; nobody else's end so.
constexpr char kEnding[] = ".silhouette-job";
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

std::string NewId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x", random(), random(), random());
}

}  // namespace

JobManager::SpoolShare::~SpoolShare() {
  *total_ -= bytes_;
  std::error_code ignored;
  if (!keeps_) fs::remove(path_, ignored);
}

uint64_t JobManager::SpoolShare::Grow(uint64_t bytes) {
  const uint64_t more = bytes - bytes_;
  bytes_ = bytes;
  return *total_ += more;
}

absl::StatusOr<std::unique_ptr<JobManager>> JobManager::Open(VerdictStore* store,
                                                             JobOptions options) {
  std::error_code error;
  const bool is_new = fs::create_directories(options.spool, error);
  if (!error && is_new) fs::permissions(options.spool, fs::perms::owner_all, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(options.spool, ": cannot be the spool of jobs: ", error.message(),
                     "; name a folder that can be written"));
  }
  auto manager = std::unique_ptr<JobManager>(new JobManager(store, std::move(options)));
  if (absl::Status status = manager->Load(); !status.ok()) return status;
  return manager;
}

JobManager::~JobManager() {
  Stop();
  for (auto& [id, entry] : jobs_) {
    if (entry.spool != nullptr) entry.spool->Keep();
  }
}

absl::Status JobManager::Load() {
  auto jobs = table_.Read();
  if (!jobs.ok()) return jobs.status();
  std::lock_guard lock(mutex_);
  for (v1::Job& job : *jobs) {
    Entry& entry = jobs_[job.id()];
    entry.number = next_number_++;
    order_[entry.number] = job.id();
    entry.job = std::move(job);
    entry.touched = store_->Now();
    if (HasEnded(entry.job)) continue;
    const std::string path = PathOf(entry.job.id());
    entry.spool = std::make_shared<SpoolShare>(path, &spooled_);
    std::error_code error;
    const uint64_t bytes = fs::file_size(path, error);
    if (entry.job.state() == v1::JOB_STATE_UPLOADING) {
      entry.job.set_received_bytes(0);
    } else if (error || bytes < entry.job.spooled_bytes()) {
      End(&entry, v1::JOB_STATE_FAILED, "its capture is gone from the spool; hand it in again");
    } else {
      entry.spool->Grow(bytes);
      entry.job.set_state(v1::JOB_STATE_QUEUED);
    }
  }
  // What no job knows of is left of one that was being deleted.
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(options_.spool, ignored)) {
    if (file.path().extension() != kEnding || !file.is_regular_file(ignored)) continue;
    const auto known = jobs_.find(file.path().stem().string());
    if (known == jobs_.end() || HasEnded(known->second.job)) fs::remove(file.path(), ignored);
  }
  return absl::OkStatus();
}

std::string JobManager::PathOf(const std::string& id) const {
  return absl::StrCat(options_.spool, "/", id, kEnding);
}

absl::StatusOr<JobManager::Entry*> JobManager::Find(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found != jobs_.end()) return &found->second;
  return absl::NotFoundError(
      absl::StrCat("no job is called \"", id, "\"; list them to see which there are"));
}

// ---- Uploads

absl::StatusOr<v1::Job> JobManager::BeginUpload(const std::string& id, const std::string& name,
                                                uint64_t offset, uint64_t total_bytes,
                                                const std::string& truth_csv,
                                                const v1::TraceContext& trace) {
  if (!id.empty()) {
    if (absl::Status status = CheckId(id); !status.ok()) return status;
  }
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

absl::Status JobManager::CheckUpload(const Entry& entry, uint64_t offset) const {
  const v1::Job& job = entry.job;
  if (job.state() != v1::JOB_STATE_UPLOADING) {
    return absl::FailedPreconditionError(absl::StrCat(
        "job ", job.id(), " is ", JobStateName(job.state()), " and takes no more bytes",
        job.error().empty() ? "" : absl::StrCat(" (", job.error(), ")"),
        "; hand the capture in under another name for a new job"));
  }
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
  size_t uploads = 0;
  for (const auto& [other, entry] : jobs_) uploads += entry.cutter != nullptr ? 1 : 0;
  if (uploads >= options_.most_uploads) {
    return absl::ResourceExhaustedError(
        absl::StrCat(uploads, " captures are being handed in; try again when one is there"));
  }
  if (spooled_ >= options_.spool_bytes) {
    return absl::ResourceExhaustedError(
        "the spool is full of captures that wait; try again when some are done");
  }
  if (jobs_.size() >= options_.most_jobs) {
    const auto oldest = std::find_if(order_.begin(), order_.end(), [this](const auto& numbered) {
      return HasEnded(jobs_.at(numbered.second).job);
    });
    if (oldest == order_.end()) {
      return absl::ResourceExhaustedError(
          absl::StrCat(jobs_.size(), " jobs wait; try again when some are done"));
    }
    const std::string forgotten = oldest->second;
    const v1::Job& job = jobs_.at(forgotten).job;
    if (auto run = store_->FindRun(job.origin(), job.run()); run.ok()) {
      if (absl::Status status = DeleteRun(store_, run->id); !status.ok()) return status;
    }
    if (absl::Status status = table_.Delete(forgotten); !status.ok()) return status;
    Forget(forgotten);
  }
  v1::Job job;
  job.set_id(id);
  job.set_name(name);
  job.set_state(v1::JOB_STATE_UPLOADING);
  job.set_origin(absl::StrCat("job:", id));
  job.set_run(kRun);
  job.set_created_ns(absl::ToUnixNanos(store_->Now()));
  job.set_truth_csv(truth_csv);
  job.set_traceparent(ToTraceparent(IsTraced(trace) ? trace : NewTrace()));
  if (absl::Status status = table_.Put(job); !status.ok()) return status;
  Entry& entry = jobs_[id];
  entry.job = std::move(job);
  entry.number = next_number_++;
  order_[entry.number] = id;
  return &entry;
}

void JobManager::StartCutter(Entry* entry) {
  const std::string path = PathOf(entry->job.id());
  entry->spool = std::make_shared<SpoolShare>(path, &spooled_);
  const auto may_keep = [this, spool = entry->spool](uint64_t bytes) -> absl::Status {
    if (spool->Grow(bytes) <= options_.spool_bytes) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat("the spool takes ", options_.spool_bytes >> 20,
                     " MiB of all captures that wait; hand it in when others are done, in parts, "
                     "or raise --spool-quota"));
  };
  entry->cutter = std::make_shared<CaptureCutter>(path, entry->job.name(), may_keep);
}

absl::Status JobManager::Write(const std::string& id, std::string_view bytes) {
  std::shared_ptr<CaptureCutter> cutter;
  {
    std::lock_guard lock(mutex_);
    auto entry = Find(id);
    if (!entry.ok()) return entry.status();
    cutter = (*entry)->cutter;
    if (cutter == nullptr) {
      return absl::CancelledError(
          absl::StrCat("job ", id, " is ", JobStateName((*entry)->job.state())));
    }
  }
  const absl::Status written = cutter->Write(bytes);
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok()) return entry.status();
  if ((*entry)->cutter != cutter) {
    return absl::CancelledError(
        absl::StrCat("job ", id, " is ", JobStateName((*entry)->job.state())));
  }
  if (!written.ok()) {
    End(*entry, v1::JOB_STATE_FAILED, std::string(written.message()));
    return written;
  }
  (*entry)->job.set_received_bytes((*entry)->job.received_bytes() + bytes.size());
  (*entry)->job.set_spooled_bytes(cutter->bytes_written());
  Touch(*entry);
  return absl::OkStatus();
}

absl::StatusOr<v1::Job> JobManager::EndUpload(const std::string& id) {
  std::shared_ptr<CaptureCutter> cutter;
  {
    std::lock_guard lock(mutex_);
    auto entry = Find(id);
    if (!entry.ok()) return entry.status();
    const v1::Job& job = (*entry)->job;
    cutter = (*entry)->cutter;
    if (job.total_bytes() > job.received_bytes() || cutter == nullptr) {
      (*entry)->is_attached = false;
      return job;
    }
  }
  auto result = cutter->Finish();
  std::lock_guard lock(mutex_);
  auto found = Find(id);
  if (!found.ok()) return found.status();
  Entry* entry = *found;
  entry->is_attached = false;
  if (entry->cutter != cutter) return entry->job;  // cancelled meanwhile
  if (!result.ok()) {
    End(entry, v1::JOB_STATE_FAILED, std::string(result.status().message()));
    return result.status();
  }
  entry->cutter.reset();
  entry->job.set_state(v1::JOB_STATE_QUEUED);
  entry->job.set_total_bytes(entry->job.received_bytes());
  entry->job.set_spooled_bytes(result->bytes);
  entry->job.set_incomplete(result->incomplete);
  if (absl::Status status = table_.Put(entry->job); !status.ok()) {
    End(entry, v1::JOB_STATE_FAILED, std::string(status.message()));
    return status;
  }
  Touch(entry);
  return entry->job;
}

void JobManager::LeaveUpload(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok() || !(*entry)->is_attached) return;
  (*entry)->is_attached = false;
  if ((*entry)->resumable || HasEnded((*entry)->job)) return Touch(*entry);
  End(*entry, v1::JOB_STATE_FAILED,
      "the stream broke, and the client had given no id to go on with; hand it in again");
}

// ---- Jobs

void JobManager::Touch(Entry* entry) {
  entry->touched = store_->Now();
  entry->version = ++version_;
  changed_.notify_all();
}

void JobManager::Save(Entry* entry) { table_.Put(entry->job).IgnoreError(); }

void JobManager::End(Entry* entry, v1::JobState state, const std::string& error) {
  if (entry->cutter != nullptr) entry->cutter->Abandon();
  entry->cutter.reset();
  entry->job.set_state(state);
  entry->job.set_error(error);
  entry->job.clear_waiting();
  entry->job.set_spooled_bytes(0);
  entry->job.set_ended_ns(absl::ToUnixNanos(store_->Now()));
  Save(entry);
  entry->spool.reset();  // behind that: a job that is not known to have ended needs its capture
  Touch(entry);
}

void JobManager::Forget(const std::string& id) {
  const auto found = jobs_.find(id);
  order_.erase(found->second.number);
  jobs_.erase(found);
  gone_[++version_] = id;
  constexpr size_t kMostGone = 10'000;
  if (gone_.size() > kMostGone) gone_.erase(gone_.begin());
  changed_.notify_all();
}

v1::Job JobManager::Describe(const Entry& entry) {
  v1::Job job = entry.job;
  job.set_has_truth(!job.truth_csv().empty());
  auto run = store_->FindRun(job.origin(), job.run());
  if (!run.ok()) return job;
  *job.mutable_accounting() = run->accounting;
  auto windows = store_->CountWindows(run->id);
  if (windows.ok()) job.set_windows(*windows);
  return job;
}

absl::StatusOr<v1::Job> JobManager::Get(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok()) return entry.status();
  return Describe(**entry);
}

std::vector<v1::Job> JobManager::List(size_t limit, int64_t* behind) {
  std::lock_guard lock(mutex_);
  std::vector<v1::Job> jobs;
  auto at =
      *behind == 0 ? order_.rbegin() : std::make_reverse_iterator(order_.lower_bound(*behind));
  for (; at != order_.rend() && jobs.size() < limit; ++at) {
    jobs.push_back(Describe(jobs_.at(at->second)));
    jobs.back().clear_truth_csv();
    *behind = at->first;
  }
  return jobs;
}

absl::StatusOr<v1::Job> JobManager::Cancel(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto found = Find(id);
  if (!found.ok()) return found.status();
  Entry* entry = *found;
  if (HasEnded(entry->job)) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", id, " has ended: it is ", JobStateName(entry->job.state())));
  }
  End(entry, v1::JOB_STATE_CANCELLED, "");
  return Describe(*entry);
}

absl::Status JobManager::Delete(const std::string& id) {
  v1::Job job;
  {
    std::lock_guard lock(mutex_);
    auto entry = Find(id);
    if (!entry.ok()) return entry.status();
    job = (*entry)->job;
    if (!HasEnded(job)) {
      return absl::FailedPreconditionError(
          absl::StrCat("job ", id, " is ", JobStateName(job.state()), "; cancel it first"));
    }
  }
  if (auto run = store_->FindRun(job.origin(), job.run()); run.ok()) {
    if (absl::Status status = DeleteRun(store_, run->id); !status.ok()) return status;
  }
  if (absl::Status status = table_.Delete(id); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (jobs_.contains(id)) Forget(id);
  return absl::OkStatus();
}

JobManager::Changes JobManager::Watch(int64_t version, const std::string& only,
                                      std::chrono::milliseconds patience) {
  constexpr size_t kAtFirst = 100;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return stopped_ || version_ > version; });
  Changes changes{version_, {}, {}};
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    if (!only.empty() && at->second != only) continue;
    const Entry& entry = jobs_.at(at->second);
    if (version > 0 && entry.version <= version) continue;
    if (version == 0 && changes.jobs.size() >= kAtFirst && HasEnded(entry.job)) continue;
    changes.jobs.push_back(Describe(entry));
    changes.jobs.back().clear_truth_csv();
  }
  if (version == 0) return changes;
  for (auto at = gone_.upper_bound(version); at != gone_.end(); ++at) {
    if (only.empty() || only == at->second) changes.deleted.push_back(at->second);
  }
  return changes;
}

// ---- For whoever runs them

std::optional<JobManager::Work> JobManager::Take(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  Entry* next = nullptr;
  const auto find = [&] {
    for (const auto& [number, id] : order_) {
      Entry& entry = jobs_.at(id);
      if (entry.job.state() != v1::JOB_STATE_QUEUED || entry.ready > store_->Now()) continue;
      next = &entry;
      break;
    }
    return stopped_ || next != nullptr;
  };
  if (!changed_.wait_for(lock, patience, find) || stopped_) return std::nullopt;
  next->job.set_state(v1::JOB_STATE_RUNNING);
  next->job.clear_waiting();
  Save(next);
  Touch(next);
  return Work{next->job, PathOf(next->job.id())};
}

bool JobManager::Progress(const std::string& id, uint64_t sent_bytes) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (stopped_ || !entry.ok() || (*entry)->job.state() != v1::JOB_STATE_RUNNING) return false;
  (*entry)->job.set_sent_bytes(sent_bytes);
  Touch(*entry);
  return true;
}

void JobManager::Done(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok() || (*entry)->job.state() != v1::JOB_STATE_RUNNING) return;
  End(*entry, v1::JOB_STATE_DONE, "");
}

void JobManager::Fail(const std::string& id, const std::string& error) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok() || (*entry)->job.state() != v1::JOB_STATE_RUNNING) return;
  End(*entry, v1::JOB_STATE_FAILED, error);
}

void JobManager::PutBack(const std::string& id, const std::string& waiting) {
  constexpr absl::Duration kFirstDelay = absl::Milliseconds(200), kLongestDelay = absl::Seconds(5);
  std::lock_guard lock(mutex_);
  auto found = Find(id);
  if (!found.ok() || (*found)->job.state() != v1::JOB_STATE_RUNNING) return;
  Entry* entry = *found;
  entry->job.set_state(v1::JOB_STATE_QUEUED);
  entry->job.set_waiting(waiting);
  entry->job.set_sent_bytes(0);
  entry->ready = store_->Now() + std::min(kLongestDelay, kFirstDelay * (1 << entry->attempts));
  entry->attempts = std::min(entry->attempts + 1, 8);
  Save(entry);
  Touch(entry);
}

void JobManager::Tidy() {
  std::vector<std::string> old;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, entry] : jobs_) {
      const absl::Duration idle = store_->Now() - entry.touched;
      if (entry.job.state() == v1::JOB_STATE_UPLOADING && idle > options_.upload_patience) {
        End(&entry, v1::JOB_STATE_FAILED,
            absl::StrCat("no bytes came for ", absl::FormatDuration(options_.upload_patience),
                         "; hand it in again"));
      }
      const absl::Time ended = absl::FromUnixNanos(entry.job.ended_ns());
      if (HasEnded(entry.job) && store_->Now() - ended > options_.keep) old.push_back(id);
    }
  }
  for (const std::string& id : old) Delete(id).IgnoreError();
}

void JobManager::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (auto& [id, entry] : jobs_) {
    if (entry.cutter != nullptr) entry.cutter->Abandon();
    entry.cutter.reset();
  }
  changed_.notify_all();
}

JobManager::Totals JobManager::totals() {
  std::lock_guard lock(mutex_);
  Totals totals;
  for (const auto& [id, entry] : jobs_) ++totals.jobs[entry.job.state()];
  totals.spooled_bytes = spooled_;
  return totals;
}

}  // namespace silhouette
