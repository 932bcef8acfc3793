#include "common/help/show_page.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

namespace silhouette {
namespace {

absl::Status PageByMan(const std::string& roff) {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);  // Ctrl-C is for the pager
  signal(SIGPIPE, SIG_IGN);                      // which may be left before its end
  FILE* man = popen("man -l -", "w");
  if (man == nullptr) return absl::UnavailableError("no process can be started");
  fwrite(roff.data(), 1, roff.size(), man);
  const int ended = pclose(man);
  constexpr int kNoSuchCommand = 127;
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == kNoSuchCommand) {
    return absl::NotFoundError("no man is installed here; --help says the same");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ShowManPage(const std::string& roff) {
  if (isatty(STDOUT_FILENO) == 1) return PageByMan(roff);
  std::cout << roff << std::flush;
  return std::cout ? absl::OkStatus() : absl::UnavailableError("standard output cannot be written");
}

}  // namespace silhouette
