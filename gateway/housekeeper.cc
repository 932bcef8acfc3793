#include "gateway/housekeeper.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/job_state.h"
#include "common/log.h"
#include "gateway/metric_list.h"

namespace silhouette {
namespace {

constexpr char kName[] = "gateway";  // in metrics

// On the disk of this file; nothing where that cannot be asked, and for a store without one.
std::optional<double> FreeBytes(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
  if (error) return std::nullopt;
  return static_cast<double>(space.available);
}

}  // namespace

Housekeeper::Housekeeper(VerdictStore* store, RetentionOptions options, JobManager* jobs)
    : store_(store),
      jobs_(jobs),
      retention_(store, options),
      registry_(std::make_shared<prometheus::Registry>()),
      deleted_verdicts_(
          AddCounter(registry_.get(), kName, Find(kGatewayMetrics, "deleted_verdicts_total"))),
      deleted_features_(
          AddCounter(registry_.get(), kName, Find(kGatewayMetrics, "deleted_features_total"))),
      store_bytes_(AddGauge(registry_.get(), kName, Find(kGatewayMetrics, "store_bytes"))),
      store_free_bytes_(
          AddGauges(registry_.get(), kName, Find(kGatewayMetrics, "store_free_bytes"))),
      spool_bytes_(AddGauge(registry_.get(), kName, Find(kGatewayMetrics, "spool_bytes"))),
      spool_limit_bytes_(
          AddGauge(registry_.get(), kName, Find(kGatewayMetrics, "spool_limit_bytes"))),
      oldest_queued_job_(
          AddGauge(registry_.get(), kName, Find(kGatewayMetrics, "oldest_queued_job_seconds"))),
      jobs_by_state_(AddGauges(registry_.get(), kName, Find(kGatewayMetrics, "jobs"))) {
  AddGauge(registry_.get(), kName, Find(kGatewayMetrics, "store_limit_bytes"))
      .Set(static_cast<double>(options.store_bytes));
}

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
    LogWarn(absl::StrCat("store ", store_->path(),
                         ": cannot be tidied: ", std::string(deleted.status().message())));
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
  if (const auto free = FreeBytes(store_->path())) store_free_bytes_.Add({}).Set(*free);
  if (jobs_ == nullptr) return;
  const JobManager::Totals totals = jobs_->totals();
  spool_bytes_.Set(static_cast<double>(totals.spooled_bytes));
  spool_limit_bytes_.Set(static_cast<double>(totals.spool_limit_bytes));
  oldest_queued_job_.Set(absl::ToDoubleSeconds(totals.longest_wait));
  for (const v1::JobState state :
       {v1::JOB_STATE_UPLOADING, v1::JOB_STATE_QUEUED, v1::JOB_STATE_RUNNING, v1::JOB_STATE_DONE,
        v1::JOB_STATE_FAILED, v1::JOB_STATE_CANCELLED}) {
    const auto count = totals.jobs.find(state);
    jobs_by_state_.Add({{"state", JobStateName(state)}})
        .Set(count == totals.jobs.end() ? 0 : static_cast<double>(count->second));
  }
}

}  // namespace silhouette
