#include "common/capture_file/growing_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/files.h"

namespace silhouette {

absl::StatusOr<std::unique_ptr<GrowingFile>> GrowingFile::Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) return std::unique_ptr<GrowingFile>(new GrowingFile(descriptor, path));
  return CannotOpen(path, errno);
}

absl::StatusOr<size_t> GrowingFile::Read(uint8_t* to, size_t size) {
  auto got = stream_->Read(to, size);
  if (got.ok() && *got == 0) ++ends_met_;
  return got;
}

bool GrowingFile::has_more() const {
  struct stat status;
  return fstat(descriptor_, &status) == 0 && static_cast<uint64_t>(status.st_size) > bytes_read();
}

bool GrowingFile::is_lost() const {
  struct stat status;
  return fstat(descriptor_, &status) != 0 || status.st_nlink == 0 ||
         static_cast<uint64_t>(status.st_size) < bytes_read();
}

std::string GrowingFile::Head() const {
  std::string head(64, '\0');
  const ssize_t got = pread(descriptor_, head.data(), head.size(), 0);
  head.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return head;
}

}  // namespace silhouette
