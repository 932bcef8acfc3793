#include "gateway/patient_store.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/log.h"

namespace silhouette {
namespace {

bool IsOfTheDisk(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) ||
         absl::IsDataLoss(status);
}

const char* Remedy(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) return "free space there";
  if (absl::IsDataLoss(status)) {
    return "move it away with its -wal and -shm, and put a sound copy or nothing in its place";
  }
  if (absl::IsFailedPrecondition(status)) return "put back what was there, or move this away";
  return "make it readable and writable";
}

}  // namespace

PatientStore::PatientStore(VerdictStore* store, std::shared_ptr<StoreMetrics> metrics,
                           std::chrono::milliseconds delay)
    : store_(store), delay_(delay), metrics_(std::move(metrics)) {}

absl::StatusOr<AddedVerdicts> PatientStore::Add(const v1::VerdictBatch& batch,
                                                const std::function<bool()>& give_up) {
  const auto came = AgeSet::Clock::now();
  metrics_->waiting()->Add(came);
  auto added = AddPatiently(batch, give_up);
  metrics_->waiting()->Remove(came);
  return added;
}

absl::StatusOr<AddedVerdicts> PatientStore::AddPatiently(const v1::VerdictBatch& batch,
                                                         const std::function<bool()>& give_up) {
  absl::Status reopened;  // what keeps the file from being opened anew
  while (true) {
    absl::StatusOr<AddedVerdicts> added = store_->Add(batch);
    const bool waits = !added.ok() && IsOfTheDisk(added.status());
    if (added.ok()) reopened = absl::OkStatus();
    if (added.ok() || waits) Tell(reopened.ok() ? added.status() : reopened);
    if (!waits || !Wait(give_up)) return added;
    metrics_->CountRetry();
    // A full disk only needs space; the rest may need the file to be opened anew.
    if (!absl::IsResourceExhausted(added.status())) reopened = store_->Reopen();
  }
}

bool PatientStore::Wait(const std::function<bool()>& give_up) {
  constexpr std::chrono::milliseconds kStep(50);
  const auto until = std::chrono::steady_clock::now() + delay_;
  while (std::chrono::steady_clock::now() < until) {
    if (give_up()) return false;
    std::this_thread::sleep_for(std::min(kStep, delay_));
  }
  return !give_up();
}

void PatientStore::Tell(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  if (status.code() == told_) return;
  told_ = status.code();
  metrics_->SetFailing(!status.ok());
  if (status.ok()) {
    LogInfo(absl::StrCat("store ", store_->path(), ": works again"), {{"store", store_->path()}});
  } else {
    LogError(absl::StrCat("store ", store_->path(), ": ", std::string(status.message()), "; ",
                          Remedy(status), ". Verdicts wait until then"),
             {{"store", store_->path()}, {"code", absl::StatusCodeToString(status.code())}});
  }
}

}  // namespace silhouette
