#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gateway/sqlite.h"

namespace silhouette {

// Connections that read a store on disk while another one writes: they wait for nobody but each
// other, and see what is committed. Thread-safe.
class StoreReaders {
 public:
  // A connection, for as long as it is held.
  struct Lease {
    std::shared_ptr<void> owner;
    std::unique_lock<std::mutex> lock;
    SqliteDatabase* database;
  };

  // Opens all connections at once, so that all read the file that lies at `path` now.
  // Errors: as SqliteDatabase.
  static absl::StatusOr<std::shared_ptr<StoreReaders>> Open(const std::string& path);

  static Lease Take(std::shared_ptr<StoreReaders> readers);

 private:
  static constexpr size_t kConnections = 4;
  struct Connection {
    explicit Connection(SqliteDatabase opened) : database(std::move(opened)) {}
    std::mutex mutex;
    SqliteDatabase database;  // guarded by mutex
  };

  std::array<std::unique_ptr<Connection>, kConnections> connections_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace silhouette
