#include "common/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

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

void StopSignal::Wait() {
  pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {request_fd_, POLLIN, 0}};
  while (poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
}

void StopSignal::Request() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(request_fd_, &one, sizeof one);
}

}  // namespace silhouette
