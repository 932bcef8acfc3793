#include "common/link_receiver.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::Status SequenceChecker::Check(const v1::BatchHeader& header) {
  if (header.origin().empty() || header.run().empty() || header.sequence() == 0) {
    return absl::InvalidArgumentError(
        "batch header without origin, run or sequence; all three are needed");
  }
  if (ended_.contains({header.origin(), header.run()})) {
    return absl::InvalidArgumentError(absl::StrCat("batch ", header.sequence(), " of ",
                                                   header.origin(), " came behind its run's end"));
  }
  uint64_t& last = last_[{header.origin(), header.run()}];
  if (last != 0 && header.sequence() != last + 1) {
    return absl::InvalidArgumentError(absl::StrCat("batch ", header.sequence(), " of ",
                                                   header.origin(), " came where ", last + 1,
                                                   " was due"));
  }
  last = header.sequence();
  if (header.end_of_run()) ended_.insert({header.origin(), header.run()});
  return absl::OkStatus();
}

void OpenStreams::Add(grpc::ServerContext* context, Abort abort) {
  std::lock_guard lock(mutex_);
  spdlog::info("stream from {} opened", context->peer());
  if (stopping_) {  // it has nothing yet that would be worth a flush
    context->TryCancel();
    abort();
  }
  streams_.emplace(context, std::move(abort));
}

void OpenStreams::Remove(grpc::ServerContext* context) {
  std::lock_guard lock(mutex_);
  spdlog::info("stream from {} ended", context->peer());
  streams_.erase(context);
  removed_.notify_all();
}

void OpenStreams::Stop(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const auto& [context, abort] : streams_) context->TryCancel();
  removed_.wait_for(lock, grace, [this] { return streams_.empty(); });
  for (const auto& [context, abort] : streams_) abort();
}

}  // namespace silhouette
