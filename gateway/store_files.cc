#include "gateway/store_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace silhouette {

StoreFiles::FileId StoreFiles::IdOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino};
}

StoreFiles StoreFiles::At(const std::string& path) {
  StoreFiles files;
  std::error_code error;
  files.real_path_ = std::filesystem::canonical(path, error).string();
  files.database_ = IdOf(path);
  files.log_ = IdOf(files.real_path_ + "-wal");
  return files;
}

absl::Status StoreFiles::SetLogAside() const {
  const std::string log = real_path_ + "-wal";
  if (log_ == FileId() || IdOf(log) != log_) return absl::OkStatus();
  // The log's index, -shm, SQLite makes anew from whatever log there is.
  for (const std::string& file : {log, real_path_ + "-shm"}) {
    const std::string aside = absl::StrCat(file, ".", log_.inode, ".replaced");
    if (rename(file.c_str(), aside.c_str()) == 0 || errno == ENOENT) continue;
    return absl::UnavailableError(
        absl::StrCat(file, ": belongs to a database that was replaced, and cannot be renamed: ",
                     std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
