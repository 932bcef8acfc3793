#include "gateway/sqlite.h"

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

absl::StatusCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Error(sqlite3* handle, std::string_view what) {
  return absl::Status(CodeOf(sqlite3_extended_errcode(handle)),
                      absl::StrCat(std::string(what), ": ", sqlite3_errmsg(handle)));
}

constexpr char kSinkType[] = "silhouette::RowSink";

void GiveRow(sqlite3_context*, int, sqlite3_value** arguments) {
  auto* const sink = static_cast<RowSink*>(sqlite3_value_pointer(arguments[0], kSinkType));
  if (sink == nullptr) return;
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(arguments[2]));
  sink->Add(sqlite3_value_int64(arguments[1]),
            {bytes, static_cast<size_t>(sqlite3_value_bytes(arguments[2]))});
}

absl::Status AddEachRow(sqlite3* handle) {
  const int result = sqlite3_create_function_v2(
      handle, "each_row", 3, SQLITE_UTF8 | SQLITE_DIRECTONLY, nullptr, nullptr, GiveRow,
      [](sqlite3_context* context) { sqlite3_result_null(context); }, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(handle, "each_row");
}

}  // namespace

SqliteStatement& SqliteStatement::Bind(int position, int64_t value) {
  sqlite3_bind_int64(statement_.get(), position, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int position, double value) {
  sqlite3_bind_double(statement_.get(), position, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int position, std::string_view text) {
  sqlite3_bind_text(statement_.get(), position, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int position, std::string_view bytes) {
  sqlite3_bind_blob(statement_.get(), position, bytes.data(), static_cast<int>(bytes.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

SqliteStatement& SqliteStatement::BindSink(int position, RowSink* sink) {
  sqlite3_bind_pointer(statement_.get(), position, sink, kSinkType, nullptr);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    Reset();
    return false;
  }
  absl::Status status = Error(sqlite3_db_handle(statement_.get()), "store");
  Reset();
  return status;
}

absl::Status SqliteStatement::Run() { return Step().status(); }

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::Real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string SqliteStatement::Text(int column) const { return std::string(Blob(column)); }

std::string_view SqliteStatement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

absl::StatusOr<int64_t> ReadNumber(SqliteStatement* select) {
  auto row = select->Step();
  if (!row.ok()) return row.status();
  const int64_t number = select->Int(0);
  select->Reset();
  return number;
}

absl::StatusOr<SqliteDatabase> SqliteDatabase::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(handle, !path.empty() && path != kInMemory);
  if (result != SQLITE_OK) {
    return absl::Status(CodeOf(result),
                        absl::StrCat(path, ": cannot be opened: ", sqlite3_errstr(result),
                                     "; check that its folder exists and can be written"));
  }
  sqlite3_busy_timeout(handle, 5000);
  if (absl::Status status = AddEachRow(handle); !status.ok()) return status;
  // What is not to touch the disk sorts in memory too.
  if (path == kInMemory) {
    if (absl::Status status = database.Execute("PRAGMA temp_store=MEMORY"); !status.ok()) {
      return status;
    }
  }
  return database;
}

bool SqliteDatabase::HasMoved() const {
  int moved = 0;
  const int result = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return has_file_ && result == SQLITE_OK && moved != 0;
}

void SqliteDatabase::KeepLogOnClose() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

absl::Status SqliteDatabase::AddFunction(const std::string& name,
                                         std::string (*function)(std::string_view)) {
  const auto call = [](sqlite3_context* context, int, sqlite3_value** arguments) {
    auto* const convert =
        reinterpret_cast<std::string (*)(std::string_view)>(sqlite3_user_data(context));
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
    const std::string result =
        convert({bytes, static_cast<size_t>(sqlite3_value_bytes(arguments[0]))});
    sqlite3_result_blob(context, result.data(), static_cast<int>(result.size()), SQLITE_TRANSIENT);
  };
  const int result = sqlite3_create_function_v2(
      handle_.get(), name.c_str(), 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
      reinterpret_cast<void*>(function), call, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(handle_.get(), name);
}

absl::Status SqliteDatabase::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return Error(handle_.get(), "store");
}

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    return Error(handle_.get(), "store");
  }
  return SqliteStatement(statement);
}

}  // namespace silhouette
