#include "capture-svc/capture.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/batch_log.h"
#include "common/duration.h"
#include "common/text.h"
#include "common/trace_context.h"
#include "common/trace_metadata.h"

namespace silhouette {

CaptureOptions CompleteOptions(CaptureOptions options, const SourceOptions& source) {
  constexpr int64_t kLiveFlushNs = 100'000'000;
  if (options.origin.empty()) options.origin = DefaultOrigin(source);
  if (options.run.empty()) options.run = NewRunName();
  if (source.is_paced()) options.flush_after_ns = std::min(options.flush_after_ns, kLiveFlushNs);
  return options;
}

Capture::Capture(SourceOptions source, CaptureOptions options,
                 std::shared_ptr<grpc::Channel> feature_channel, LinkOptions link)
    : source_(std::move(source)),
      name_(SourceName(source_)),
      options_(CompleteOptions(std::move(options), source_)),
      trace_(IsTraced(options_.trace) ? options_.trace : NewTrace()),
      feature_stub_(v1::FeatureService::NewStub(feature_channel)),
      engine_(ForEngine(options_), [this](v1::PacketBatch& batch) { return Send(batch); }),
      sender_(
          "feature-svc",
          [this](grpc::ClientContext* context) {
            SendTrace(trace_, context);
            return feature_stub_->Push(context);
          },
          {[this](const v1::Ack& ack) { engine_.OnAck(ack); }}, link) {}

CaptureOptions Capture::ForEngine(CaptureOptions options) {
  options.source_kind = source_kind();
  options.now_ns = absl::GetCurrentTimeNanos;
  // Interfaces do not wait.
  if (source_.kind == SourceOptions::Kind::kInterface) {
    options.fill = [this] { return sender_.fill(); };
  }
  return options;
}

absl::Status Capture::Send(v1::PacketBatch& batch) {
  const v1::BatchHeader& header = batch.header();
  *batch.mutable_header()->mutable_trace() =
      IsTraced(options_.trace) ? NewSpanOf(options_.trace) : NewTrace();
  if (header.sequence() == 1 && header.clock_jump_ns() != 0) {
    LogInfo(
        absl::StrCat(name_, ": the clock of the capture jumped by ",
                     FormatDurationNs(header.clock_jump_ns()), "; run ", header.run(), " begins"),
        Names());
  }
  TellLoad();
  return sender_.Send(batch, engine_.batch_began());
}

void Capture::TellLoad() {
  using Rung = OverloadLadder::Rung;
  const Rung rung = engine_.rung();
  if (rung == told_rung_) return;
  if (rung == Rung::kShedDevices && told_rung_ < rung) {
    LogWarn(name_ + ": packets come faster than feature-svc takes them; sheds whole devices",
            Names());
  } else if (rung == Rung::kDropNewest) {
    LogError(name_ + ": feature-svc takes next to nothing; drops all packets", Names());
  } else if (rung < Rung::kShedDevices && told_rung_ >= Rung::kShedDevices) {
    LogInfo(name_ + ": takes all packets again", Names());
  }
  told_rung_ = rung;
}

absl::Status Capture::Run(std::unique_ptr<PacketSource> opened) {
  absl::Status status = ReadAndSettle(std::move(opened));
  std::lock_guard lock(mutex_);
  error_ = status.ok() ? incomplete() : std::string(status.message());
  state_ = error_.empty() ? v1::CAPTURE_STATE_DONE : v1::CAPTURE_STATE_FAILED;
  ended_.notify_all();
  return status;
}

absl::Status Capture::ReadAndSettle(std::unique_ptr<PacketSource> source) {
  // What an open one has captured still goes on.
  if (source == nullptr) {
    if (is_stopped()) {
      return absl::CancelledError(absl::StrCat(name_, ": stopped before it was read"));
    }
    auto opened = OpenSource(source_, [this] { return is_stopped(); });
    if (!opened.ok()) return opened.status();
    source = std::move(opened->source);
  }
  {
    std::lock_guard lock(mutex_);
    opened_ = true;
  }
  absl::Status read = engine_.Read(source.get());
  source.reset();  // what it writes is whole from here on
  const bool all_unsupported =
      absl::IsUnimplemented(read) && engine_.Progress().accounting.received() > 0;
  if (!read.ok() && !all_unsupported) return read;
  if (absl::Status settled = sender_.Close(); !settled.ok()) return settled;
  if (read.ok()) return read;
  return absl::UnimplementedError(absl::StrCat(name_, ": ", std::string(read.message())));
}

void Capture::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  engine_.Stop();
}

// The link first: the end of the run that Stop makes must not go over it.
void Capture::Abort() {
  sender_.Cancel();
  Stop();
}

void Capture::StopForShutdown() {
  if (!is_submitted()) return Stop();
  if (!source_.channel->is_closed()) Abort();
}

bool Capture::is_stopped() const {
  std::lock_guard lock(mutex_);
  return stopped_;
}

bool Capture::was_opened() const {
  std::lock_guard lock(mutex_);
  return opened_;
}

bool Capture::WaitForEnd(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, patience, [this] { return state_ != v1::CAPTURE_STATE_RUNNING; });
}

v1::SourceKind Capture::source_kind() const {
  switch (source_.kind) {
    case SourceOptions::Kind::kInterface:
      return v1::SOURCE_KIND_INTERFACE;
    case SourceOptions::Kind::kFolder:
      return v1::SOURCE_KIND_FOLDER;
    case SourceOptions::Kind::kFile:
      return v1::SOURCE_KIND_FILE;
    case SourceOptions::Kind::kSubmitted:
      return v1::SOURCE_KIND_SUBMITTED;
  }
  return v1::SOURCE_KIND_UNSPECIFIED;
}

bool Capture::has_failed() const {
  std::lock_guard lock(mutex_);
  return state_ == v1::CAPTURE_STATE_FAILED;
}

bool Capture::is_running() const {
  std::lock_guard lock(mutex_);
  return state_ == v1::CAPTURE_STATE_RUNNING;
}

v1::Capture Capture::Describe() const {
  const CaptureProgress progress = engine_.Progress();
  v1::Capture description;
  description.set_origin(options_.origin);
  description.set_run(options_.run);
  description.set_source(ToUtf8(name_));
  *description.mutable_accounting() = progress.accounting;
  description.set_bytes_read(progress.bytes_read);
  description.set_bytes_total(progress.bytes_total);
  description.set_forgotten_fragments(progress.fragments_evicted);
  std::lock_guard lock(mutex_);
  description.set_state(state_);
  description.set_error(ToUtf8(error_));
  return description;
}

LogFields Capture::Names() const {
  LogFields fields = {{"origin", options_.origin}, {"run", options_.run}};
  AddTrace(trace_, &fields);
  return fields;
}

std::string NewRunName() {
  static std::atomic<int> number = 0;
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()), "-",
                      getpid(), "-", ++number);
}

}  // namespace silhouette
