#pragma once

#include <termios.h>

#include <chrono>
#include <optional>

namespace silhouette {

// The keys that come on standard input: a terminal's at once and unseen, or a pipe's characters.
// While it lives, SIGINT, SIGTERM, SIGHUP and SIGQUIT end the keys instead of the process, and
// Ctrl-Z and Ctrl-S do nothing, so that the terminal is always left as it was found. Make it before
// there are threads.
class Keyboard {
 public:
  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  // The next key; nothing once `time` is over, or at the end.
  std::optional<char> Wait(std::chrono::milliseconds time);
  // A signal came, or standard input has ended.
  bool ended() const { return ended_; }

 private:
  // What an arrow key sends: an escape, [ and some more, up to a letter, which is no class's key.
  enum class Escape { kNone, kBegun, kLetterFollows, kOpen };

  std::optional<char> ReadKey();
  // True when `key` is part of what an arrow key and the like send.
  bool IsEscaped(char key);

  int signal_fd_;
  Escape escape_ = Escape::kNone;
  bool is_terminal_ = false;
  termios before_{};  // what to leave the terminal as
  bool ended_ = false;
};

}  // namespace silhouette
