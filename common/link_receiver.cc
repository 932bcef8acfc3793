#include "common/link_receiver.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/accounting.h"
#include "common/batch_log.h"
#include "common/metric_list.h"
#include "common/trace_metadata.h"

namespace silhouette {

namespace {

LogFields StreamFields(const grpc::ServerContext& context) {
  LogFields fields = {{"peer", context.peer()}};
  AddTrace(ReceivedTrace(context), &fields);
  return fields;
}

absl::Status CheckHeader(const v1::BatchHeader& header) {
  if (header.origin().empty() || header.run().empty() || header.sequence() == 0) {
    return absl::InvalidArgumentError(
        "batch header without origin, run or sequence; all three are needed");
  }
  if (std::max(header.origin().size(), header.run().size()) > HeaderChecker::kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch header whose origin or run is longer than ",
                     HeaderChecker::kMaxNameBytes, " bytes"));
  }
  if (!Balanced(header.accounting())) {
    return absl::InvalidArgumentError(absl::StrCat("batch ", header.sequence(), " of ",
                                                   header.origin(),
                                                   " accounts for more or fewer packets than it "
                                                   "received, or gives too many reasons"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status HeaderChecker::Check(const v1::BatchHeader& header) {
  if (absl::Status status = CheckHeader(header); !status.ok()) return status;
  Run& run = runs_[{header.origin(), header.run()}];
  const auto wrong = [&](auto... what) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch ", header.sequence(), " of ", header.origin(), " came ", what...));
  };
  if (runs_.size() > kMaxRuns) return wrong("behind ", kMaxRuns, " runs of one stream");
  if (run.ended) return wrong("behind its run's end");
  if (run.last != 0 && header.sequence() != run.last + 1) {
    return wrong("where ", run.last + 1, " was due");
  }
  run = {header.sequence(), header.end_of_run()};
  return absl::OkStatus();
}

OpenStreams::OpenStreams(const std::string& service)
    : registry_(std::make_shared<prometheus::Registry>()),
      open_(AddGauge(registry_.get(), service, Find(kStreamMetrics, "open_streams"))),
      ended_(AddCounters(registry_.get(), service, Find(kStreamMetrics, "ended_streams_total"))) {
  for (int code = 0; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    CounterOf(static_cast<absl::StatusCode>(code));  // there from the start, as 0
  }
}

OpenStreams::~OpenStreams() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (watcher_.joinable()) watcher_.join();
}

void OpenStreams::Add(grpc::ServerContext* context, Abort abort, std::function<void()> on_gone) {
  std::lock_guard lock(mutex_);
  LogInfo(absl::StrCat("stream from ", context->peer(), " opened"), StreamFields(*context));
  if (stopping_) {  // it has nothing yet that would be worth a flush
    context->TryCancel();
    abort();
  }
  streams_.emplace(context, Stream{std::move(abort), std::move(on_gone)});
  open_.Set(static_cast<double>(streams_.size()));
  if (!watcher_.joinable()) watcher_ = std::thread([this] { Watch(); });
  changed_.notify_all();
}

void OpenStreams::Remove(grpc::ServerContext* context) {
  std::lock_guard lock(mutex_);
  LogInfo(absl::StrCat("stream from ", context->peer(), " ended"), StreamFields(*context));
  streams_.erase(context);
  open_.Set(static_cast<double>(streams_.size()));
  changed_.notify_all();
}

prometheus::Counter& OpenStreams::CounterOf(absl::StatusCode code) {
  return ended_.Add({{"status", absl::StatusCodeToString(code)}});
}

void OpenStreams::CountEnd(const absl::Status& status) { CounterOf(status.code()).Increment(); }

void OpenStreams::Stop(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const auto& [context, stream] : streams_) context->TryCancel();
  changed_.wait_for(lock, grace, [this] { return streams_.empty(); });
  for (const auto& [context, stream] : streams_) stream.abort();
}

void OpenStreams::Watch() {
  constexpr std::chrono::milliseconds kEvery(100);
  std::unique_lock lock(mutex_);
  while (!ends_) {
    changed_.wait(lock, [this] { return ends_ || !streams_.empty(); });
    changed_.wait_for(lock, kEvery, [this] { return ends_; });
    if (stopping_) continue;  // that is why they are cancelled
    for (auto& [context, stream] : streams_) {
      if (stream.on_gone == nullptr || !context->IsCancelled()) continue;
      std::exchange(stream.on_gone, nullptr)();
    }
  }
}

}  // namespace silhouette
