#include "capture-svc/capture.h"

#include <prometheus/metric_family.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "capture-svc/open_capture.h"
#include "common/accounting.h"
#include "common/accounting_metrics.h"
#include "common/text.h"

namespace silhouette {

Capture::Capture(std::string path, CaptureOptions options,
                 std::shared_ptr<grpc::Channel> feature_channel)
    : path_(std::move(path)),
      options_(std::move(options)),
      feature_stub_(v1::FeatureService::NewStub(feature_channel)),
      engine_(options_, [this](const v1::PacketBatch& batch) { return sender_.Send(batch); }),
      sender_(
          "feature-svc",
          [this](grpc::ClientContext* context) { return feature_stub_->Push(context); },
          [this](const v1::Ack& ack) { engine_.OnAck(ack); }) {}

absl::Status Capture::Run() {
  absl::Status status = ReadAndSettle();
  std::lock_guard lock(mutex_);
  error_ = status.ok() ? incomplete() : std::string(status.message());
  state_ = error_.empty() ? v1::CAPTURE_STATE_DONE : v1::CAPTURE_STATE_FAILED;
  return status;
}

absl::Status Capture::ReadAndSettle() {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return absl::CancelledError(absl::StrCat(path_, ": stopped before it was read"));
  }
  auto source = OpenCapture(path_);
  if (!source.ok()) return source.status();
  absl::Status read = engine_.Read(source->get());
  const bool all_unsupported =
      absl::IsUnimplemented(read) && engine_.Progress().accounting.received() > 0;
  if (!read.ok() && !all_unsupported) return read;
  if (absl::Status settled = sender_.Close(); !settled.ok()) return settled;
  if (read.ok()) return read;
  return absl::UnimplementedError(absl::StrCat(path_, ": ", std::string(read.message())));
}

void Capture::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  engine_.Stop();
}

void Capture::Abort() {
  Stop();
  sender_.Cancel();
}

v1::Capture Capture::Describe() const {
  const CaptureProgress progress = engine_.Progress();
  v1::Capture description;
  description.set_origin(options_.origin);
  description.set_run(options_.run);
  description.set_source(ToUtf8(path_));
  *description.mutable_accounting() = progress.accounting;
  description.set_bytes_read(progress.bytes_read);
  description.set_bytes_total(progress.bytes_total);
  std::lock_guard lock(mutex_);
  description.set_state(state_);
  description.set_error(ToUtf8(error_));
  return description;
}

void CaptureList::Add(std::shared_ptr<Capture> capture) {
  std::lock_guard lock(mutex_);
  captures_.push_back(std::move(capture));
}

std::vector<std::shared_ptr<Capture>> CaptureList::All() const {
  std::lock_guard lock(mutex_);
  return captures_;
}

std::vector<prometheus::MetricFamily> CaptureMetrics::Collect() const {
  v1::Accounting total;
  for (const auto& capture : captures_->All()) {
    AddAccounting(&total, capture->Describe().accounting());
  }
  return AccountingFamilies("capture", total);
}

std::string NewRunName() {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()), "-",
                      getpid());
}

}  // namespace silhouette
