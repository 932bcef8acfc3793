#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Which files a database and its write-ahead log are in, whatever lies under their names later.
class StoreFiles {
 public:
  // Those that are there now; of an open database.
  static StoreFiles At(const std::string& path);

  // They are what lies under the name, as far as the database goes.
  bool AreAt(const std::string& path) const { return database_ == IdOf(path); }

  // Once another database lies under the name, the log of this one may still be beside it, and
  // SQLite would read that over it. Such a log is renamed to end in the number of its file and
  // ".replaced". Errors: UNAVAILABLE naming it, if that failed.
  absl::Status SetLogAside() const;

 private:
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;  // 0: there is none
    bool operator==(const FileId&) const = default;
  };
  static FileId IdOf(const std::string& path);

  FileId database_;
  FileId log_;
  std::string real_path_;  // SQLite keeps the log where links lead to
};

}  // namespace silhouette
