#include "gateway/store_readers.h"

namespace silhouette {

absl::StatusOr<std::shared_ptr<StoreReaders>> StoreReaders::Open(const std::string& path) {
  auto readers = std::make_shared<StoreReaders>();
  for (auto& connection : readers->connections_) {
    auto database = SqliteDatabase::Open(path);
    if (!database.ok()) return database.status();
    database->KeepLogOnClose();
    // SQLite opens the write-ahead log by its name when it first reads: now, not when another store
    // may lie there.
    absl::Status status = database->Execute("PRAGMA query_only = 1; SELECT id FROM store;");
    if (!status.ok()) return status;
    connection = std::make_unique<Connection>(*std::move(database));
  }
  return readers;
}

StoreReaders::Lease StoreReaders::Take(std::shared_ptr<StoreReaders> readers) {
  for (auto& connection : readers->connections_) {
    std::unique_lock lock(connection->mutex, std::try_to_lock);
    if (lock) return {readers, std::move(lock), &connection->database};
  }
  Connection& connection = *readers->connections_[readers->next_++ % kConnections];
  return {readers, std::unique_lock(connection.mutex), &connection.database};
}

}  // namespace silhouette
