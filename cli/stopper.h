#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/stop_signal.h"

namespace silhouette {

// Stops a live capture on Ctrl-C, SIGTERM or when its time is over. The next signal kills.
class Stopper {
 public:
  // `stop` is called once, from a thread of this.
  Stopper(StopSignal* signal, std::function<void()> stop, absl::Duration duration);
  ~Stopper();

 private:
  StopSignal* const signal_;
  std::thread waiting_;
};

// The value of --duration; empty means for ever. Errors: INVALID_ARGUMENT.
absl::StatusOr<absl::Duration> ParseDurationFlag(const std::string& text);

}  // namespace silhouette
