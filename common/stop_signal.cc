#include "common/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>

namespace silhouette {

StopSignal::StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  request_fd_ = eventfd(0, EFD_CLOEXEC);
}

StopSignal::~StopSignal() {
  close(signal_fd_);
  close(request_fd_);
}

void StopSignal::Wait() { WaitFor(std::chrono::milliseconds::max()); }

void StopSignal::WaitFor(std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kStep = std::chrono::hours(1);
  const Clock::time_point now = Clock::now();
  const bool forever =
      time > std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - now);
  const Clock::time_point until = forever ? Clock::time_point::max() : now + time;
  pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {request_fd_, POLLIN, 0}};
  while (Clock::now() < until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const auto step = std::clamp(left, std::chrono::milliseconds(0), kStep);
    if (poll(fds, 2, static_cast<int>(step.count())) > 0) return;
  }
}

void StopSignal::LetTheNextOneKill() {
  signalfd_siginfo ignored;
  if (read(signal_fd_, &ignored, sizeof ignored) <= 0) return;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void StopSignal::Request() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(request_fd_, &one, sizeof one);
}

}  // namespace silhouette
