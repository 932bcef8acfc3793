#include "gateway/store_log.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace silhouette {

StoreLog::FileId StoreLog::IdOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino};
}

StoreLog StoreLog::Of(const std::string& path) {
  StoreLog log;
  std::error_code error;
  log.database_ = std::filesystem::canonical(path, error).string();
  log.log_ = IdOf(log.database_ + "-wal");
  return log;
}

absl::Status StoreLog::SetAside() const {
  const std::string log = database_ + "-wal";
  if (log_ == FileId() || IdOf(log) != log_) return absl::OkStatus();
  // The log's index, -shm, SQLite makes anew from whatever log there is.
  for (const std::string& file : {log, database_ + "-shm"}) {
    const std::string aside = absl::StrCat(file, ".", log_.inode, ".replaced");
    if (rename(file.c_str(), aside.c_str()) == 0 || errno == ENOENT) continue;
    return absl::UnavailableError(
        absl::StrCat(file, ": belongs to a database that was replaced, and cannot be renamed: ",
                     std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
