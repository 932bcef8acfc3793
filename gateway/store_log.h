#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Which file the write-ahead log of an open database is, whatever lies under its name later.
class StoreLog {
 public:
  // Of the database at `path`, which is open.
  static StoreLog Of(const std::string& path);

  // Once another database lies in the place of this one, this log may still be beside it, and
  // SQLite would read that over it. Then it is renamed to end in the number of its file and
  // ".replaced". Errors: UNAVAILABLE naming it, if that failed.
  absl::Status SetAside() const;

 private:
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;  // 0: there is none
    bool operator==(const FileId&) const = default;
  };
  static FileId IdOf(const std::string& path);

  std::string database_;  // where links lead to, as SQLite keeps the log there
  FileId log_;
};

}  // namespace silhouette
