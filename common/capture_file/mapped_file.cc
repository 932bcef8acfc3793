#include "common/capture_file/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

constexpr uint64_t kStretch = 2 << 20;  // a multiple of every page size

// Errors: errno.
int BringIn(const uint8_t* at, size_t size) {
  // Linux 5.14; older headers lack the name.
  constexpr int kPopulateRead = 22;
  int failed;
  do {
    failed = madvise(const_cast<uint8_t*>(at), size, kPopulateRead);
  } while (failed != 0 && errno == EINTR);
  return failed == 0 ? 0 : errno;
}

std::array<MappedFile::Guarded, MappedFile::kMaxFiles> guarded_files;

// Puts zeros from the page at `address` to the end of its file; false for other memory. For a
// signal handler.
bool CoverWithZeros(uintptr_t address) {
  for (MappedFile::Guarded& guarded : guarded_files) {
    const uintptr_t begin = guarded.begin.load(), end = guarded.end.load();
    if (begin == 0 || address < begin || address >= end) continue;
    const uintptr_t page = address & ~(static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)) - 1);
    guarded.was_cut = true;
    return mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

void OnBusError(int signal, siginfo_t* info, void* context) {
  const int kept = errno;
  if (!CoverWithZeros(reinterpret_cast<uintptr_t>(info->si_addr))) {
    std::signal(signal, SIG_DFL);  // the same access comes again, and ends the process
  }
  errno = kept;
}

void InstallHandler() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_sigaction = OnBusError;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  (void)installed;
}

// A free entry, taken; null when all are in use.
MappedFile::Guarded* Guard(const void* data, uint64_t size) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  for (MappedFile::Guarded& guarded : guarded_files) {
    uintptr_t free = 0;
    if (!guarded.begin.compare_exchange_strong(free, begin)) continue;
    guarded.was_cut = false;
    guarded.end = begin + size;
    return &guarded;
  }
  return nullptr;
}

absl::Status Cut(const std::string& where, const std::string& reason) {
  return absl::DataLossError(absl::StrCat("cannot be read ", where, " (", reason,
                                          "): the file was cut while it was read, or its disk "
                                          "fails; everything before it is used"));
}

}  // namespace

std::unique_ptr<MappedFile> MappedFile::Map(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) {
    return nullptr;
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) return nullptr;
  InstallHandler();
  Guarded* guarded = Guard(data, size);
  if (guarded == nullptr) {
    munmap(data, size);
    return nullptr;
  }
  std::unique_ptr<MappedFile> file(
      new MappedFile(static_cast<const uint8_t*>(data), size, guarded));
  if (!file->Advance().ok()) return nullptr;
  return file;
}

MappedFile::~MappedFile() {
  guarded_->end = 0;
  guarded_->begin = 0;
  munmap(const_cast<uint8_t*>(data_), size_);
}

absl::Status MappedFile::Advance() {
  const uint64_t next = std::min(size_ - ready_, kStretch);
  if (const int reason = BringIn(data_ + ready_, next); reason != 0) {
    return Cut(absl::StrCat("behind byte ", ready_, " of ", size_), std::strerror(reason));
  }
  ready_ += next;
  return absl::OkStatus();
}

absl::Status MappedFile::Check() const {
  if (!guarded_->was_cut.load(std::memory_order_relaxed)) return absl::OkStatus();
  return Cut(absl::StrCat("before byte ", ready_, " of ", size_), "bytes are gone");
}

}  // namespace silhouette
