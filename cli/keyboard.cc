#include "cli/keyboard.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace silhouette {
namespace {

constexpr char kEscape = '\x1b';

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

Keyboard::Keyboard() {
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  // Who reads the messages may go away.
  std::signal(SIGPIPE, SIG_IGN);
  is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
  if (!is_terminal_) return;
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_iflag &= ~static_cast<tcflag_t>(IXON);
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  keys.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
}

Keyboard::~Keyboard() {
  if (is_terminal_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  // A second Ctrl-C meant the same end; it is not to kill what follows.
  signalfd_siginfo ignored;
  while (read(signal_fd_, &ignored, sizeof ignored) > 0) continue;
  close(signal_fd_);
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
}

std::optional<char> Keyboard::Wait(std::chrono::milliseconds time) {
  if (ended_) return std::nullopt;
  pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  if (poll(fds, 2, static_cast<int>(time.count())) <= 0) return std::nullopt;
  ended_ = fds[0].revents != 0;
  if (ended_ || fds[1].revents == 0) return std::nullopt;
  return ReadKey();
}

std::optional<char> Keyboard::ReadKey() {
  char key = 0;
  const ssize_t got = read(STDIN_FILENO, &key, 1);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
  ended_ = got <= 0;  // with an error where the terminal is gone
  if (ended_) return std::nullopt;
  if (IsEscaped(key)) return std::nullopt;
  return key;
}

bool Keyboard::IsEscaped(char key) {
  const Escape before = escape_;
  escape_ = Escape::kNone;
  if (key == kEscape) {
    escape_ = Escape::kBegun;
  } else if (before == Escape::kBegun && key == '[') {
    escape_ = Escape::kOpen;
  } else if (before == Escape::kBegun && key == 'O') {
    escape_ = Escape::kLetterFollows;
  } else if (before == Escape::kOpen && key >= ' ' && key < '@') {
    escape_ = Escape::kOpen;
  } else {
    return before == Escape::kOpen || before == Escape::kLetterFollows;
  }
  return true;
}

}  // namespace silhouette
