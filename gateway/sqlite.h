#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace silhouette {

// Takes rows without a Step for each: where there are very many, that saves a third of the time.
// `SELECT each_row(?, integer, blob)` gives all rows to the sink that is bound, and has one row.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void Add(int64_t number, std::string_view bytes) = 0;
};

// A prepared statement. Binding positions and columns count as in SQLite: from 1 and from 0.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  SqliteStatement& Bind(int position, int64_t value);
  SqliteStatement& Bind(int position, std::string_view text);
  SqliteStatement& Bind(int position, double value);
  SqliteStatement& BindBlob(int position, std::string_view bytes);
  SqliteStatement& BindSink(int position, RowSink* sink);

  // The next row: true, or false after the last one, when the statement can be bound again.
  // Errors: as SqliteDatabase.
  absl::StatusOr<bool> Step();
  // For a statement without rows.
  absl::Status Run();
  // Gives up the rows that are left.
  void Reset();

  int64_t Int(int column) const;
  double Real(int column) const;
  bool IsNull(int column) const;
  std::string Text(int column) const;
  std::string_view Blob(int column) const;  // until the next Step

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// The value of a single row with a single column. Errors: as SqliteDatabase.
absl::StatusOr<int64_t> ReadNumber(SqliteStatement* select);

// The path of a database that never touches the disk.
inline constexpr char kInMemory[] = ":memory:";

// One connection; use it under a lock of the caller's. Errors: RESOURCE_EXHAUSTED (disk full),
// UNAVAILABLE (locked, read-only, I/O), DATA_LOSS (damaged), INTERNAL.
class SqliteDatabase {
 public:
  // An empty path gives a private database that goes when it is closed.
  static absl::StatusOr<SqliteDatabase> Open(const std::string& path);

  // Its file is not where it was when it was opened: moved away, deleted or replaced. False for
  // databases without a file that people see.
  bool HasMoved() const;

  // When it is closed as the last one, leaves the log as it is: for connections that only read.
  void KeepLogOnClose();

  // Makes `function`, from bytes to bytes, known to SQL under a name.
  absl::Status AddFunction(const std::string& name, std::string (*function)(std::string_view));

  absl::Status Execute(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(const std::string& sql);

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  SqliteDatabase(sqlite3* handle, bool has_file) : handle_(handle), has_file_(has_file) {}

  std::unique_ptr<sqlite3, Closer> handle_;
  bool has_file_;
};

}  // namespace silhouette
