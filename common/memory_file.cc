#include "common/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::StatusOr<std::unique_ptr<MemoryFile>> MemoryFile::Create(const std::string& name) {
  const int now = memfd_create(name.c_str(), MFD_CLOEXEC);
  const int next = memfd_create(name.c_str(), MFD_CLOEXEC);
  const int shown = fcntl(now, F_DUPFD_CLOEXEC, 0);
  if (now < 0 || next < 0 || shown < 0) return absl::ErrnoToStatus(errno, "a file in memory");
  return std::unique_ptr<MemoryFile>(new MemoryFile(shown, now, next));
}

MemoryFile::MemoryFile(int shown, int now, int next)
    : path_(absl::StrCat("/proc/self/fd/", shown)), shown_(shown), now_(now), next_(next) {}

absl::Status MemoryFile::Replace(std::string_view content) {
  // Filled up to the longest so far, as a sandbox may forbid to shorten files.
  longest_ = std::max(longest_, content.size());
  std::string whole(content);
  whole.resize(longest_, '\n');
  const bool written =
      pwrite(next_, whole.data(), whole.size(), 0) == static_cast<ssize_t>(whole.size());
  if (!written || dup3(next_, shown_, O_CLOEXEC) < 0) {
    return absl::ErrnoToStatus(errno, "a file in memory");
  }
  std::swap(now_, next_);
  return absl::OkStatus();
}

}  // namespace silhouette
