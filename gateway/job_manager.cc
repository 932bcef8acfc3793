#include "gateway/job_manager.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/job_state.h"
#include "gateway/retention.h"

namespace silhouette {
absl::StatusOr<std::unique_ptr<JobManager>> JobManager::Open(VerdictStore* store,
                                                             JobOptions options) {
  auto spool = Spool::Open(options.spool, options.spool_bytes);
  if (!spool.ok()) return spool.status();
  auto manager =
      std::unique_ptr<JobManager>(new JobManager(store, std::move(options), *std::move(spool)));
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
  auto rows = table_.Read();
  if (!rows.ok()) return rows.status();
  std::lock_guard lock(mutex_);
  for (JobTable::Row& row : *rows) {
    Entry& entry = jobs_[row.job.id()];
    entry.number = next_number_++;
    order_[entry.number] = row.job.id();
    entry.job = std::move(row.job);
    entry.truth_bytes = row.truth_bytes;
    entry.touched = store_->Now();
    if (HasEnded(entry.job)) continue;
    entry.spool = spool_->Add(FileOf(entry.job));
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(entry.spool->path(), error);
    if (entry.job.state() == v1::JOB_STATE_UPLOADING) {
      entry.job.set_received_bytes(0);
    } else if (error || bytes < entry.job.spooled_bytes()) {
      End(&entry, v1::JOB_STATE_FAILED, "its capture is gone from the spool; hand it in again");
    } else {
      entry.spool->Grow(bytes).IgnoreError();  // it was taken already
      entry.job.set_state(v1::JOB_STATE_QUEUED);
      entry.queued = store_->Now();
    }
  }
  // What no job knows of is left of one that was being deleted.
  std::set<std::string> kept;
  for (const auto& [id, entry] : jobs_) {
    if (!HasEnded(entry.job)) kept.insert(FileOf(entry.job));
  }
  spool_->Tidy([&kept](const std::string& file) { return kept.contains(file); });
  return absl::OkStatus();
}

absl::StatusOr<JobManager::Entry*> JobManager::Find(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found != jobs_.end()) return &found->second;
  return absl::NotFoundError(
      absl::StrCat("no job is called \"", id, "\"; list them to see which there are"));
}

absl::StatusOr<JobManager::Entry*> JobManager::Find(const v1::Job& job) {
  auto entry = Find(job.id());
  if (!entry.ok() || (*entry)->job.run() == job.run()) return entry;
  return absl::NotFoundError(absl::StrCat("job ", job.id(),
                                          " was deleted, and another goes by "
                                          "its id"));
}

JobManager::Entry* JobManager::FindRunning(const v1::Job& job) {
  auto entry = Find(job);
  return entry.ok() && (*entry)->job.state() == v1::JOB_STATE_RUNNING ? *entry : nullptr;
}

// ---- Jobs

void JobManager::Touch(Entry* entry) {
  entry->touched = store_->Now();
  entry->version = ++version_;
  changed_.notify_all();
}

void JobManager::End(Entry* entry, v1::JobState state, const std::string& error) {
  if (entry->cutter != nullptr) entry->cutter->Abandon();
  entry->cutter.reset();
  // Of a capture that was refused there is nothing to judge.
  if (entry->job.state() == v1::JOB_STATE_UPLOADING) {
    entry->job.clear_has_truth();
    entry->truth_bytes = 0;
  }
  entry->job.set_state(state);
  entry->job.set_error(error);
  entry->job.clear_waiting();
  entry->job.set_spooled_bytes(0);
  entry->job.set_ended_ns(absl::ToUnixNanos(store_->Now()));
  // A job that is not known to have ended needs its capture after a restart.
  entry->is_unsaved = !Save(*entry).ok();
  if (!entry->is_unsaved) entry->spool.reset();
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

v1::Job JobManager::Describe(v1::Job job) {
  auto run = store_->FindRun(job.origin(), job.run());
  if (!run.ok()) return job;
  *job.mutable_accounting() = run->accounting;
  auto windows = store_->CountWindows(run->id);
  if (windows.ok()) job.set_windows(*windows);
  return job;
}

absl::StatusOr<v1::Job> JobManager::Get(const std::string& id) {
  std::unique_lock lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok()) return entry.status();
  v1::Job job = (*entry)->job;
  lock.unlock();
  if (job.has_truth()) {
    auto truth = table_.ReadTruth(id);
    if (!truth.ok()) return truth.status();
    job.set_truth_csv(*std::move(truth));
  }
  return Describe(std::move(job));
}

std::vector<v1::Job> JobManager::List(size_t limit, int64_t* behind) {
  std::vector<v1::Job> jobs;
  std::unique_lock lock(mutex_);
  auto at =
      *behind == 0 ? order_.rbegin() : std::make_reverse_iterator(order_.lower_bound(*behind));
  for (; at != order_.rend() && jobs.size() < limit; ++at) {
    jobs.push_back(jobs_.at(at->second).job);
    *behind = at->first;
  }
  lock.unlock();
  for (v1::Job& job : jobs) job = Describe(std::move(job));
  return jobs;
}

absl::StatusOr<v1::Job> JobManager::Cancel(const std::string& id) {
  std::unique_lock lock(mutex_);
  auto found = Find(id);
  if (!found.ok()) return found.status();
  Entry* entry = *found;
  if (HasEnded(entry->job)) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", id, " has ended: it is ", JobStateName(entry->job.state())));
  }
  End(entry, v1::JOB_STATE_CANCELLED, "");
  v1::Job job = entry->job;
  lock.unlock();
  return Describe(std::move(job));
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
    if ((*entry)->is_deleting) {
      return absl::AbortedError(absl::StrCat("job ", id, " is being deleted"));
    }
    (*entry)->is_deleting = true;
  }
  absl::Status deleted =
      DeleteRun(store_, job.origin(), job.run(), [this] { return stopped_.load(); });
  if (deleted.ok()) deleted = table_.Delete(id);
  std::lock_guard lock(mutex_);
  if (!deleted.ok()) {
    jobs_.at(id).is_deleting = false;
    return deleted;
  }
  Forget(id);
  if (job.state() == v1::JOB_STATE_CANCELLED) {
    swept_.push_back({job.origin(), job.run(), store_->Now()});
  }
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
    changes.jobs.push_back(entry.job);
  }
  for (auto at = gone_.upper_bound(version); version > 0 && at != gone_.end(); ++at) {
    if (only.empty() || only == at->second) changes.deleted.push_back(at->second);
  }
  lock.unlock();
  for (v1::Job& job : changes.jobs) job = Describe(std::move(job));
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
  Save(*next).IgnoreError();
  Touch(next);
  return Work{next->job, next->spool->path()};
}

bool JobManager::Progress(const v1::Job& job, uint64_t sent_bytes) {
  std::lock_guard lock(mutex_);
  Entry* const entry = FindRunning(job);
  if (stopped_ || entry == nullptr) return false;
  entry->job.set_sent_bytes(sent_bytes);
  Touch(entry);
  return true;
}

void JobManager::Done(const v1::Job& job) {
  std::lock_guard lock(mutex_);
  Entry* const entry = FindRunning(job);
  if (entry != nullptr) End(entry, v1::JOB_STATE_DONE, "");
}

void JobManager::Fail(const v1::Job& job, const std::string& error) {
  std::lock_guard lock(mutex_);
  Entry* const entry = FindRunning(job);
  if (entry != nullptr) End(entry, v1::JOB_STATE_FAILED, error);
}

void JobManager::PutBack(const v1::Job& job, const std::string& waiting) {
  constexpr absl::Duration kFirstDelay = absl::Milliseconds(200), kLongestDelay = absl::Seconds(5);
  std::lock_guard lock(mutex_);
  Entry* const entry = FindRunning(job);
  if (entry == nullptr) return;
  entry->job.set_state(v1::JOB_STATE_QUEUED);
  entry->job.set_waiting(waiting);
  entry->job.set_sent_bytes(0);
  entry->ready = store_->Now() + std::min(kLongestDelay, kFirstDelay * (1 << entry->attempts));
  entry->attempts = std::min(entry->attempts + 1, 8);
  Save(*entry).IgnoreError();
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
      if (entry.is_unsaved && Save(entry).ok()) {
        entry.is_unsaved = false;
        entry.spool.reset();
      }
      const absl::Time ended = absl::FromUnixNanos(entry.job.ended_ns());
      if (HasEnded(entry.job) && store_->Now() - ended > options_.keep) old.push_back(id);
    }
  }
  for (const std::string& id : old) Delete(id).IgnoreError();
  Sweep();
}

void JobManager::Sweep() {
  constexpr absl::Duration kLongest = absl::Minutes(10);
  std::vector<DeletedRun> runs;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(swept_,
                  [this](const DeletedRun& run) { return store_->Now() - run.deleted > kLongest; });
    runs = swept_;
  }
  for (const DeletedRun& run : runs) {
    DeleteRun(store_, run.origin, run.run, [this] { return stopped_.load(); }).IgnoreError();
  }
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
  const absl::Time now = store_->Now();
  for (const auto& [id, entry] : jobs_) {
    const v1::JobState state = entry.job.state();
    ++totals.jobs[state];
    const bool waits = state == v1::JOB_STATE_QUEUED || state == v1::JOB_STATE_RUNNING;
    if (!waits || entry.job.sent_bytes() > 0) continue;
    totals.longest_wait = std::max(totals.longest_wait, now - entry.queued);
  }
  totals.spooled_bytes = spool_->bytes();
  totals.spool_limit_bytes = options_.spool_bytes;
  return totals;
}

}  // namespace silhouette
