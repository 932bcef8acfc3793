#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// A program that this one has started. It gets no Ctrl-C of the terminal's, and a SIGTERM should
// this process die.
class ChildProcess {
 public:
  // Runs `command`, a path and its arguments. `leave_root`: as the user who called sudo, if that is
  // how this process became root. Errors: those of fork; NOT_FOUND (no such program).
  static absl::StatusOr<ChildProcess> Start(const std::vector<std::string>& command,
                                            bool leave_root);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  // Kills it, if it still runs.
  ~ChildProcess();

  // False once it has ended.
  bool IsRunning();
  pid_t pid() const { return pid_; }
  // Asks it to end, and waits; true if it does in that time.
  bool End(std::chrono::milliseconds patience);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // -1: it has ended
};

}  // namespace silhouette
