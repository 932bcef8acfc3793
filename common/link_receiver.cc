#include "common/link_receiver.h"

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::Status SequenceChecker::Check(const v1::BatchHeader& header) {
  if (header.origin().empty() || header.run().empty() || header.sequence() == 0) {
    return absl::InvalidArgumentError(
        "batch header without origin, run or sequence; all three are needed");
  }
  uint64_t& last = last_[{header.origin(), header.run()}];
  if (last != 0 && header.sequence() != last + 1) {
    return absl::InvalidArgumentError(absl::StrCat("batch ", header.sequence(), " of ",
                                                   header.origin(), " came where ", last + 1,
                                                   " was due"));
  }
  last = header.sequence();
  if (header.end_of_run()) last_.erase({header.origin(), header.run()});
  return absl::OkStatus();
}

void OpenStreams::Add(grpc::ServerContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.insert(context);
  if (cancelled_) context->TryCancel();
}

void OpenStreams::Remove(grpc::ServerContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.erase(context);
}

void OpenStreams::CancelAll() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (grpc::ServerContext* context : contexts_) context->TryCancel();
}

}  // namespace silhouette
