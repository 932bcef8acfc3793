#include "gateway/housekeeper.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>

#include "common/job_state.h"
#include "common/metrics.h"

namespace silhouette {

Housekeeper::Housekeeper(VerdictStore* store, RetentionOptions options, JobManager* jobs)
    : store_(store),
      jobs_(jobs),
      retention_(store, options),
      registry_(std::make_shared<prometheus::Registry>()),
      deleted_verdicts_(AddCounter(registry_.get(), "silhouette_gateway_deleted_verdicts_total",
                                   "Verdicts deleted because of their age or the store's size")),
      deleted_features_(AddCounter(registry_.get(), "silhouette_gateway_deleted_features_total",
                                   "Features deleted before their verdicts, because of their age")),
      store_bytes_(AddGauge(registry_.get(), "silhouette_gateway_store_bytes",
                            "Bytes of the store in use, without its log")),
      spool_bytes_(AddGauge(registry_.get(), "silhouette_gateway_spool_bytes",
                            "Bytes of captures, cut to headers, whose jobs have not ended")),
      jobs_by_state_(prometheus::BuildGauge()
                         .Name("silhouette_gateway_jobs")
                         .Help("Jobs that are remembered, by state")
                         .Register(*registry_)) {}

void Housekeeper::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::Loop() {
  // Verdicts come first: they find the store free most of the time.
  constexpr std::chrono::milliseconds kWhileBusy(50);
  constexpr std::chrono::milliseconds kOtherwise(5000);
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    lock.unlock();
    const bool busy = Step();
    lock.lock();
    changed_.wait_for(lock, busy ? kWhileBusy : kOtherwise, [this] { return stopped_; });
  }
}

bool Housekeeper::Step() {
  if (jobs_ != nullptr) jobs_->Tidy();
  TellSizes();
  const auto deleted = retention_.Step();
  if (!deleted.ok() && !failing_) {
    spdlog::warn("store {}: cannot be tidied: {}", store_->path(),
                 std::string(deleted.status().message()));
  }
  // A gateway without verdicts has nobody else who notices that the store's file was replaced.
  if (absl::IsUnavailable(deleted.status())) store_->Reopen().IgnoreError();
  failing_ = !deleted.ok();
  if (!deleted.ok()) return false;
  deleted_verdicts_.Increment(static_cast<double>(deleted->verdicts));
  deleted_features_.Increment(static_cast<double>(deleted->features));
  return !deleted->done;
}

void Housekeeper::TellSizes() {
  if (const auto usage = store_->Usage(); usage.ok()) {
    store_bytes_.Set(static_cast<double>(usage->bytes - usage->free_bytes));
  }
  if (jobs_ == nullptr) return;
  const JobManager::Totals totals = jobs_->totals();
  spool_bytes_.Set(static_cast<double>(totals.spooled_bytes));
  for (const v1::JobState state :
       {v1::JOB_STATE_UPLOADING, v1::JOB_STATE_QUEUED, v1::JOB_STATE_RUNNING, v1::JOB_STATE_DONE,
        v1::JOB_STATE_FAILED, v1::JOB_STATE_CANCELLED}) {
    const auto count = totals.jobs.find(state);
    jobs_by_state_.Add({{"state", JobStateName(state)}})
        .Set(count == totals.jobs.end() ? 0 : static_cast<double>(count->second));
  }
}

}  // namespace silhouette
