#include "gateway/store_layout.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// What makes layout n + 1 of layout n. Stores of people have been through each, so none changes any
// more; the number is in PRAGMA user_version.
constexpr const char* kSteps[] = {
    R"sql(
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  run TEXT NOT NULL,
  first_packet_ns INTEGER NOT NULL,
  grid_start_ns INTEGER NOT NULL,
  watermark_ns INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  accounting BLOB NOT NULL,
  incomplete TEXT NOT NULL,
  UNIQUE (origin, run)
);
CREATE TABLE subject (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  head BLOB NOT NULL,
  series_id INTEGER,  -- the model of the first version of this name
  UNIQUE (name, version)
);
CREATE TABLE verdict (
  run_id INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  window_start_ns INTEGER NOT NULL,
  model_id INTEGER NOT NULL,
  class_index INTEGER NOT NULL,
  partial INTEGER NOT NULL,
  probabilities BLOB NOT NULL,
  features BLOB NOT NULL,
  PRIMARY KEY (run_id, subject_id, series_id, window_start_ns)
) WITHOUT ROWID;
CREATE INDEX verdict_by_time ON verdict (run_id, window_start_ns);
)sql",
    // Verdicts are numbered from 1 in the order in which they were stored.
    R"sql(
ALTER TABLE verdict ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
UPDATE verdict SET number = numbered.number FROM (
  SELECT run_id, subject_id, series_id, window_start_ns, ROW_NUMBER() OVER
    (ORDER BY run_id, window_start_ns, subject_id, series_id) AS number FROM verdict
) AS numbered WHERE (verdict.run_id, verdict.subject_id, verdict.series_id, verdict.window_start_ns)
  = (numbered.run_id, numbered.subject_id, numbered.series_id, numbered.window_start_ns);
CREATE UNIQUE INDEX verdict_by_number ON verdict (number);
CREATE TABLE store (
  id INTEGER NOT NULL,      -- tells this store from others
  verdicts INTEGER NOT NULL -- number of the last one that was stored, whether or not it is deleted
);
INSERT INTO store SELECT RANDOM(), COALESCE(MAX(number), 0) FROM verdict;
)sql",
    // Features lie apart, as 32-bit numbers under the number of their verdict, and may go before
    // it. What people ask for first is counted as verdicts come, and outlives them. Jobs.
    R"sql(
CREATE TABLE feature (number INTEGER PRIMARY KEY, vector BLOB NOT NULL);
INSERT INTO feature SELECT number, floats_of(features) FROM verdict ORDER BY number;
ALTER TABLE verdict DROP COLUMN features;
CREATE TABLE seen (
  run_id INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  windows INTEGER NOT NULL,
  first_start_ns INTEGER NOT NULL,
  last_start_ns INTEGER NOT NULL,
  last_number INTEGER NOT NULL,  -- of its verdicts, the one stored last
  shape BLOB,                    -- ConversationMeter::Save; NULL: the verdicts must tell
  PRIMARY KEY (run_id, subject_id, series_id)
) WITHOUT ROWID;
INSERT INTO seen SELECT run_id, subject_id, series_id, COUNT(*), MIN(window_start_ns),
  MAX(window_start_ns), MAX(number), NULL FROM verdict GROUP BY run_id, subject_id, series_id;
CREATE TABLE hour (
  run_id INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,  -- since the Unix epoch, in which the windows start
  model_id INTEGER NOT NULL,
  class_index INTEGER NOT NULL,
  windows INTEGER NOT NULL,
  PRIMARY KEY (run_id, subject_id, series_id, hour, model_id, class_index)
) WITHOUT ROWID;
INSERT INTO hour SELECT run_id, subject_id, series_id,
  window_start_ns / 3600000000000 - (window_start_ns % 3600000000000 < 0), model_id, class_index,
  COUNT(*) FROM verdict GROUP BY 1, 2, 3, 4, 5, 6;
CREATE INDEX hour_by_subject ON hour (subject_id, hour);
CREATE TABLE stored (
  minute INTEGER PRIMARY KEY,  -- of the wall clock, since the Unix epoch
  number INTEGER NOT NULL      -- of the verdict that was stored last in it
);
INSERT INTO stored SELECT strftime('%s', 'now') / 60, verdicts FROM store WHERE verdicts > 0;
ALTER TABLE run ADD COLUMN stored_minute INTEGER NOT NULL DEFAULT 0;  -- as in stored: the last one
UPDATE run SET stored_minute = strftime('%s', 'now') / 60;
CREATE TABLE job (
  number INTEGER PRIMARY KEY,  -- in the order in which they came
  id TEXT NOT NULL UNIQUE,
  origin TEXT NOT NULL,
  run TEXT NOT NULL,
  job BLOB NOT NULL,  -- silhouette.v1.Job without its truth
  truth BLOB          -- CSV; NULL for none
);
)sql",
    // Incidents are made as verdicts come; those that came before have none.
    R"sql(
CREATE TABLE incident (
  number INTEGER PRIMARY KEY,  -- in the order in which their first windows came
  run_id INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity INTEGER NOT NULL,  -- silhouette.v1.Severity
  from_ns INTEGER NOT NULL,
  to_ns INTEGER NOT NULL,
  windows INTEGER NOT NULL,
  probability REAL NOT NULL,  -- of the surest window, as are model and evidence
  model_id INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  revision INTEGER NOT NULL,
  change INTEGER NOT NULL     -- the number of its last one, over all finds and changes
);
CREATE UNIQUE INDEX incident_by_change ON incident (change);
CREATE INDEX incident_by_time ON incident (from_ns, number);
CREATE INDEX incident_by_subject ON incident (run_id, subject_id, kind, to_ns);
-- Numbers of the last incident and of the last change, whether or not they are deleted.
ALTER TABLE store ADD COLUMN incidents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN incident_changes INTEGER NOT NULL DEFAULT 0;
)sql",
    // What has fewer windows than its rule asks for is kept, and is none yet: `change` is then the
    // number below 0.
    R"sql(
ALTER TABLE incident ADD COLUMN least INTEGER NOT NULL DEFAULT 1;  -- windows
)sql"};
constexpr int64_t kNewest = std::size(kSteps);

absl::StatusOr<int64_t> OneNumber(SqliteDatabase* database, const std::string& sql) {
  auto select = database->Prepare(sql);
  if (!select.ok()) return select.status();
  return ReadNumber(&*select);
}

// Of what layout 2 kept as doubles.
std::string FloatsOf(std::string_view doubles) {
  std::vector<double> values(doubles.size() / sizeof(double));
  std::memcpy(values.data(), doubles.data(), values.size() * sizeof(double));
  const std::vector<float> floats(values.begin(), values.end());
  return std::string(reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float));
}

absl::Status TakeSteps(int64_t version, SqliteDatabase* database) {
  if (absl::Status status = database->AddFunction("floats_of", FloatsOf); !status.ok()) {
    return status;
  }
  std::string sql = "BEGIN IMMEDIATE;";
  for (int64_t step = version; step < kNewest; ++step) {
    absl::StrAppend(&sql, kSteps[static_cast<size_t>(step)]);
  }
  absl::StrAppend(&sql, "PRAGMA user_version = ", kNewest, "; COMMIT;");
  absl::Status status = database->Execute(sql);
  if (!status.ok()) (void)database->Execute("ROLLBACK");
  return status;
}

absl::Status MakeLayout(SqliteDatabase* database) {
  auto version = OneNumber(database, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  auto tables = OneNumber(database, "SELECT COUNT(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*version == 0 && *tables > 0) {
    return absl::FailedPreconditionError("it is another program's database; name another file");
  }
  if (*version > kNewest) {
    return absl::FailedPreconditionError(
        absl::StrCat("made by a newer version (layout ", *version, "); use that version"));
  }
  // WAL: readers do not wait for the writer. FULL: an acked batch survives a power cut.
  absl::Status status = database->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  if (!status.ok() || *version == kNewest) return status;
  return TakeSteps(*version, database);
}

}  // namespace

absl::Status PrepareLayout(const std::string& path, SqliteDatabase* database) {
  absl::Status status = MakeLayout(database);
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat(path, ": cannot be used as the store: ", std::string(status.message())));
}

}  // namespace silhouette
