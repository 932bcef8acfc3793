#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "capture-svc/engine.h"

namespace silhouette {

// Shows how far a capture is, on one line of stderr, while it runs in another thread. Nothing where
// stderr is no terminal.
class Progress {
 public:
  // `progress` is called from a thread of this.
  explicit Progress(std::function<CaptureProgress()> progress);
  ~Progress();

 private:
  void Show();

  const std::function<CaptureProgress()> progress_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace silhouette
