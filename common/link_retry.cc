#include "common/link_retry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/log.h"

namespace silhouette {

bool IsWorthARetry(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnauthenticated:
      return false;
    default:
      return true;
  }
}

LinkRetry::LinkRetry(std::string receiver, RetryDelays delays)
    : receiver_(std::move(receiver)), delays_(delays), random_(std::random_device()()) {}

std::chrono::milliseconds LinkRetry::OnBreak(const absl::Status& reason) {
  std::string words(reason.message());
  if (words != reason_) {
    LogWarn(words + "; tries again",
            {{"receiver", receiver_}, {"code", absl::StatusCodeToString(reason.code())}});
  }
  reason_ = std::move(words);
  constexpr int kMostDoublings = 16;
  const int64_t delay_ms = std::min<int64_t>(
      delays_.longest.count(), delays_.first.count() << std::min(breaks_, kMostDoublings));
  ++breaks_;
  std::uniform_int_distribution<int64_t> less(0, delay_ms / 2);
  return std::chrono::milliseconds(delay_ms - less(random_));
}

void LinkRetry::OnProgress() {
  if (breaks_ == 0) return;
  LogInfo(absl::StrCat(receiver_, ": goes on after ", breaks_, breaks_ == 1 ? " break" : " breaks"),
          {{"receiver", receiver_}, {"breaks", int64_t{breaks_}}});
  breaks_ = 0;
  reason_.clear();
}

}  // namespace silhouette
