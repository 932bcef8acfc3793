#include "gateway/patient_store.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/metrics.h"

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

PatientStore::PatientStore(VerdictStore* store, prometheus::Registry* registry,
                           std::chrono::milliseconds delay)
    : store_(store),
      delay_(delay),
      failing_(AddGauge(registry, "silhouette_gateway_store_failing",
                        "1 while verdicts wait because the store cannot be written")),
      retries_(AddCounter(registry, "silhouette_gateway_store_retries_total",
                          "Batches tried again because the store could not be written")) {}

absl::StatusOr<AddedVerdicts> PatientStore::Add(const v1::VerdictBatch& batch,
                                                const std::function<bool()>& give_up) {
  absl::Status reopened;  // what keeps the file from being opened anew
  while (true) {
    absl::StatusOr<AddedVerdicts> added = store_->Add(batch);
    const bool waits = !added.ok() && IsOfTheDisk(added.status());
    if (added.ok()) reopened = absl::OkStatus();
    if (added.ok() || waits) Tell(reopened.ok() ? added.status() : reopened);
    if (!waits || !Wait(give_up)) return added;
    retries_.Increment();
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
  failing_.Set(status.ok() ? 0 : 1);
  if (status.ok()) {
    LogInfo(absl::StrCat("store ", store_->path(), ": works again"), {{"store", store_->path()}});
  } else {
    LogError(absl::StrCat("store ", store_->path(), ": ", std::string(status.message()), "; ",
                          Remedy(status), ". Verdicts wait until then"),
             {{"store", store_->path()}, {"code", absl::StatusCodeToString(status.code())}});
  }
}

}  // namespace silhouette
