#pragma once

#include <chrono>

namespace silhouette {

// Waits for SIGTERM or SIGINT. Make it first in main, before any thread exists: it blocks the two
// signals in every thread that starts after it.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Returns after a signal or a Request.
  void Wait();
  // Returns then, or after `time`.
  void WaitFor(std::chrono::milliseconds time);
  // After a signal: another one ends the process, as long as the calling thread lives.
  void LetTheNextOneKill();
  // As if a signal had come. From any thread.
  void Request();

 private:
  int signal_fd_;
  int request_fd_;
};

}  // namespace silhouette
