#include "capture-svc/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

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

}  // namespace

std::unique_ptr<MappedFile> MappedFile::Map(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) {
    return nullptr;
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) return nullptr;
  std::unique_ptr<MappedFile> file(new MappedFile(static_cast<const uint8_t*>(data), size));
  if (!file->Advance().ok()) return nullptr;
  return file;
}

MappedFile::~MappedFile() { munmap(const_cast<uint8_t*>(data_), size_); }

absl::Status MappedFile::Advance() {
  const uint64_t next = std::min(size_ - ready_, kStretch);
  if (const int reason = BringIn(data_ + ready_, next); reason != 0) {
    return absl::DataLossError(absl::StrCat("cannot be read behind byte ", ready_, " of ", size_,
                                            " (", std::strerror(reason),
                                            "): the file was cut while it was read, or its disk "
                                            "fails; everything before it is used"));
  }
  ready_ += next;
  return absl::OkStatus();
}

}  // namespace silhouette
