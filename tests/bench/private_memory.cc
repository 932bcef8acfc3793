#include "tests/bench/private_memory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace silhouette::bench {
namespace {

std::string ReadToEnd(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count;
  while ((count = read(descriptor, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace

absl::StatusOr<uint64_t> PrivateKib() {
  std::ifstream file("/proc/self/status");
  std::string name, rest;
  uint64_t kib = 0;
  int found = 0;
  while (file >> name) {
    if (name == "RssAnon:" || name == "RssShmem:") {
      uint64_t value = 0;
      file >> value;
      kib += value;
      ++found;
    }
    std::getline(file, rest);
  }
  if (found == 2) return kib;
  return absl::UnimplementedError(
      "/proc/self/status has no RssAnon and RssShmem; use Linux 4.5 on");
}

absl::StatusOr<std::string> RunAfresh(const std::string& argument) {
  int ends[2];
  if (pipe(ends) != 0) return absl::UnknownError("no pipe to the program started afresh");
  const pid_t child = fork();
  if (child < 0) return absl::UnknownError("the program cannot be started afresh");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl("/proc/self/exe", "bench", argument.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  const std::string text = ReadToEnd(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status == 0) return text;
  return absl::UnknownError(absl::StrCat("the program started afresh ended with status ", status));
}

}  // namespace silhouette::bench
