#include "gateway/store_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace silhouette {

StoreFiles::FileId StoreFiles::IdOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino};
}

StoreFiles StoreFiles::At(const std::string& path) {
  StoreFiles files;
  files.database_ = IdOf(path);
  files.log_ = IdOf(path + "-wal");
  return files;
}

absl::Status StoreFiles::SetLogAside(const std::string& path) const {
  const std::string log = path + "-wal";
  if (log_ == FileId() || IdOf(log) != log_) return absl::OkStatus();
  // The log's index, -shm, SQLite makes anew from whatever log there is.
  for (const std::string& file : {log, path + "-shm"}) {
    if (rename(file.c_str(), (file + ".replaced").c_str()) == 0 || errno == ENOENT) continue;
    return absl::UnavailableError(
        absl::StrCat(file, ": belongs to a database that was replaced, and cannot be renamed: ",
                     std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
