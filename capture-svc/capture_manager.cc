#include "capture-svc/capture_manager.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/accounting.h"
#include "common/log.h"

namespace silhouette {

CaptureManager::~CaptureManager() {
  while (!Shutdown(std::chrono::milliseconds(0))) {
  }
}

absl::Status CaptureManager::Start(std::vector<PlannedCapture> one_after_the_other) {
  std::lock_guard lock(mutex_);
  JoinDone();
  if (shutting_down_) return absl::UnavailableError("capture-svc is shutting down");
  if (sequences_.size() >= kMaxRunning) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxRunning, " captures run already; stop one first"));
  }
  for (const PlannedCapture& planned : one_after_the_other) captures_.push_back(planned.capture);
  ForgetOldest();
  Sequence* sequence = sequences_.emplace_back(std::make_unique<Sequence>()).get();
  sequence->thread =
      std::thread([this, sequence, captures = std::move(one_after_the_other)]() mutable {
        Run(std::move(captures), sequence);
      });
  return absl::OkStatus();
}

void CaptureManager::Run(std::vector<PlannedCapture> captures, Sequence* sequence) {
  for (PlannedCapture& planned : captures) {
    const absl::Status status = planned.capture->Run(std::move(planned.source));
    Finish(*planned.capture, status);
  }
  std::lock_guard lock(mutex_);
  sequence->done = true;
  changed_.notify_all();
}

void CaptureManager::Finish(const Capture& capture, const absl::Status& status) {
  const v1::Capture done = capture.Describe();
  const LogFields names = capture.Names();
  LogInfo(
      absl::StrCat(done.source(), ": ended, ", done.accounting().received(), " packets received"),
      names);
  if (done.error().empty()) return;
  if (capture.is_submitted()) return LogWarn(done.error(), names);
  LogError(done.error(), names);
  std::lock_guard lock(mutex_);
  if (first_error_.ok()) first_error_ = status.ok() ? absl::DataLossError(done.error()) : status;
}

absl::StatusOr<std::shared_ptr<Capture>> CaptureManager::Stop(const std::string& origin,
                                                              const std::string& run) {
  for (const auto& capture : All()) {
    if (capture->origin() != origin || (!run.empty() && capture->run() != run)) continue;
    if (!capture->is_running() && run.empty()) continue;
    if (!capture->is_running()) {
      return absl::FailedPreconditionError(absl::StrCat("run ", run, " of ", origin, " has ended"));
    }
    capture->Stop();
    return capture;
  }
  return absl::NotFoundError(absl::StrCat("no capture of origin \"", origin, "\"",
                                          run.empty() ? " runs" : absl::StrCat(" and run ", run),
                                          "; ListCaptures tells which there are"));
}

bool CaptureManager::Shutdown(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  shutting_down_ = true;
  const auto all_done = [this] {
    return std::all_of(sequences_.begin(), sequences_.end(),
                       [](const auto& sequence) { return sequence->done; });
  };
  for (const auto& capture : captures_) capture->StopForShutdown();
  if (!changed_.wait_for(lock, grace, all_done)) {
    for (const auto& capture : captures_) capture->Abort();
    constexpr std::chrono::seconds kLastWait(2);
    if (!changed_.wait_for(lock, kLastWait, all_done)) return false;
  }
  JoinDone();
  return true;
}

void CaptureManager::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return std::all_of(sequences_.begin(), sequences_.end(),
                       [](const auto& sequence) { return sequence->done; });
  });
}

bool CaptureManager::WaitUntilInterfacesAreGone() {
  const auto is_live = [](const std::shared_ptr<Capture>& capture) {
    return capture->source_kind() == v1::SOURCE_KIND_INTERFACE;
  };
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::none_of(captures_.begin(), captures_.end(), [&](const auto& capture) {
      return is_live(capture) && capture->is_running();
    });
  });
  return std::none_of(captures_.begin(), captures_.end(), [&](const auto& capture) {
    return is_live(capture) && capture->is_stopped();
  });
}

bool CaptureManager::is_shutting_down() const {
  std::lock_guard lock(mutex_);
  return shutting_down_;
}

std::vector<std::shared_ptr<Capture>> CaptureManager::All() const {
  std::lock_guard lock(mutex_);
  return captures_;
}

CaptureManager::Totals CaptureManager::totals() const {
  std::lock_guard lock(mutex_);
  Totals totals = forgotten_;
  for (const auto& capture : captures_) Count(*capture, &totals);
  return totals;
}

void CaptureManager::Count(const Capture& capture, Totals* totals) const {
  const CaptureProgress progress = capture.Progress();
  const v1::Accounting& accounting = progress.accounting;
  const v1::Loss& loss = accounting.loss();
  AddAccounting(&totals->accounting, accounting);
  totals->forgotten_fragments += progress.fragments_evicted;
  totals->failed += capture.has_failed() && !capture.is_stopped() ? 1 : 0;  // on request
  SourceTotals& source = totals->sources[labels_.Of(capture.source_kind(), capture.origin())];
  source.received_packets += accounting.received();
  source.dropped_packets += loss.kernel_dropped_packets() + loss.interface_dropped_packets();
  source.shed_packets += accounting.shed();
  if (!capture.is_running()) return;
  ++source.running;
  source.live += capture.source_kind() == v1::SOURCE_KIND_INTERFACE ? 1 : 0;
  totals->rung = std::max(totals->rung, progress.rung);
  totals->shed_share = std::max(totals->shed_share, progress.shed_share);
}

absl::Status CaptureManager::first_error() const {
  std::lock_guard lock(mutex_);
  return first_error_;
}

// Under the lock; a thread that is done does not take it again.
void CaptureManager::JoinDone() {
  std::erase_if(sequences_, [](const std::unique_ptr<Sequence>& sequence) {
    if (!sequence->done) return false;
    sequence->thread.join();
    return true;
  });
}

void CaptureManager::ForgetOldest() {
  const auto finished = [](const std::shared_ptr<Capture>& capture) {
    return !capture->is_running();
  };
  auto count = static_cast<size_t>(std::count_if(captures_.begin(), captures_.end(), finished));
  while (count-- > kMaxFinished) {
    const auto oldest = std::find_if(captures_.begin(), captures_.end(), finished);
    Count(**oldest, &forgotten_);
    captures_.erase(oldest);
  }
}

}  // namespace silhouette
