#include "gateway/job_manager.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
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
    entry.spool = spool_->Add(entry.job.id());
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
  spool_->Tidy([this](const std::string& id) {
    const auto known = jobs_.find(id);
    return known != jobs_.end() && !HasEnded(known->second.job);
  });
  return absl::OkStatus();
}

absl::StatusOr<JobManager::Entry*> JobManager::Find(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found != jobs_.end()) return &found->second;
  return absl::NotFoundError(
      absl::StrCat("no job is called \"", id, "\"; list them to see which there are"));
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

v1::Job JobManager::Describe(v1::Job job) {
  job.set_has_truth(!job.truth_csv().empty());
  auto run = store_->FindRun(job.origin(), job.run());
  if (!run.ok()) return job;
  *job.mutable_accounting() = run->accounting;
  auto windows = store_->CountWindows(run->id);
  if (windows.ok()) job.set_windows(*windows);
  return job;
}

v1::Job JobManager::DescribeForList(v1::Job job) {
  job = Describe(std::move(job));
  job.clear_truth_csv();
  return job;
}

absl::StatusOr<v1::Job> JobManager::Get(const std::string& id) {
  std::unique_lock lock(mutex_);
  auto entry = Find(id);
  if (!entry.ok()) return entry.status();
  v1::Job job = (*entry)->job;
  lock.unlock();
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
  for (v1::Job& job : jobs) job = DescribeForList(std::move(job));
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
  }
  if (absl::Status status = DeleteStored(job); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (jobs_.contains(id)) Forget(id);
  return absl::OkStatus();
}

absl::Status JobManager::DeleteStored(const v1::Job& job) {
  if (auto run = store_->FindRun(job.origin(), job.run()); run.ok()) {
    if (absl::Status status = DeleteRun(store_, run->id); !status.ok()) return status;
  }
  return table_.Delete(job.id());
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
  for (v1::Job& job : changes.jobs) job = DescribeForList(std::move(job));
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
  return Work{next->job, next->spool->path()};
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
