#include "cli/child_process.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

struct User {
  bool is_known = false;
  uint32_t user = 0;
  uint32_t group = 0;
};

// Who called sudo.
User FindCaller() {
  User caller;
  const char* const user = std::getenv("SUDO_UID");
  const char* const group = std::getenv("SUDO_GID");
  caller.is_known = geteuid() == 0 && user != nullptr && group != nullptr &&
                    absl::SimpleAtoi(user, &caller.user) && absl::SimpleAtoi(group, &caller.group);
  return caller;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void Become(char* const* arguments, const User& caller, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);
  const bool is_caller =
      !caller.is_known ||
      (setgroups(0, nullptr) == 0 && setgid(caller.group) == 0 && setuid(caller.user) == 0);
  // Behind setuid, which forgets it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (is_caller && getppid() == parent) execv(arguments[0], arguments);
  _exit(127);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& command,
                                                 bool leave_root) {
  if (access(command[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(command[0], ": cannot be started: ", std::strerror(errno)));
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const User caller = leave_root ? FindCaller() : User();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(arguments.data(), caller, parent);
  if (pid > 0) return ChildProcess(pid);
  return absl::ErrnoToStatus(errno, absl::StrCat(command[0], ": cannot be started"));
}

ChildProcess::~ChildProcess() {
  if (!IsRunning()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool ChildProcess::IsRunning() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

bool ChildProcess::End(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kStep(20);
  if (IsRunning()) kill(pid_, SIGTERM);
  for (auto waited = kStep; IsRunning() && waited < patience; waited += kStep) {
    std::this_thread::sleep_for(kStep);
  }
  return !IsRunning();
}

}  // namespace silhouette
