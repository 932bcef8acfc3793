#include "cli/progress.h"

#include <unistd.h>

#include <chrono>
#include <iostream>

#include "absl/strings/str_format.h"
#include "cli/terminal.h"

namespace silhouette {

Progress::Progress(std::function<CaptureProgress()> progress) : progress_(std::move(progress)) {
  if (DescribeTerminal(STDERR_FILENO).is_terminal) thread_ = std::thread([this] { Show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  thread_.join();
  std::cerr << "\r\033[K" << std::flush;
}

void Progress::Show() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) {
    const CaptureProgress now = progress_();
    const std::string packets = WithThousands(now.accounting.received());
    if (now.bytes_total == 0) {
      std::cerr << absl::StrFormat("\r\033[K%s packets", packets) << std::flush;
      continue;
    }
    const double share = static_cast<double>(now.bytes_read) / static_cast<double>(now.bytes_total);
    std::cerr << absl::StrFormat("\r\033[Kreading %3.0f %%, %s packets", 100 * share, packets)
              << std::flush;
  }
}

}  // namespace silhouette
