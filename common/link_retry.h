#pragma once

#include <chrono>
#include <random>
#include <string>

#include "absl/status/status.h"

namespace silhouette {

// How long to wait before a broken link is opened again: twice as long each time, up to a longest,
// and by chance up to a half less, so that many senders do not come at once.
struct RetryDelays {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds longest{2000};
};

// True for what may be over when the link is opened again; the rest would only repeat itself.
bool IsWorthARetry(const absl::Status& status);

// The delays of one link, and the log lines about its breaks: the first of a row, then one each
// time that the reason changes, and its end. Not thread-safe.
class LinkRetry {
 public:
  // `receiver` is what messages call the other end.
  LinkRetry(std::string receiver, RetryDelays delays);

  // The link broke for this reason; returns how long to wait.
  std::chrono::milliseconds OnBreak(const absl::Status& reason);
  // It works: an ack settled something.
  void OnProgress();

  // Breaks since the last progress.
  int breaks() const { return breaks_; }

 private:
  const std::string receiver_;
  const RetryDelays delays_;
  int breaks_ = 0;
  std::string reason_;  // logged last
  std::minstd_rand random_;
};

}  // namespace silhouette
