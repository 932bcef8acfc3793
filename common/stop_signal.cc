#include "common/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <limits>

namespace silhouette {

StopSignal::StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  request_fd_ = eventfd(0, EFD_CLOEXEC);
}

StopSignal::~StopSignal() {
  close(signal_fd_);
  close(request_fd_);
}

void StopSignal::Wait() { WaitFor(std::chrono::milliseconds::max()); }

void StopSignal::WaitFor(std::chrono::milliseconds time) {
  const bool forever = time.count() > std::numeric_limits<int>::max();
  const int timeout = forever ? -1 : static_cast<int>(time.count());
  pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {request_fd_, POLLIN, 0}};
  while (poll(fds, 2, timeout) < 0 && errno == EINTR) {
  }
}

void StopSignal::Request() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(request_fd_, &one, sizeof one);
}

}  // namespace silhouette
