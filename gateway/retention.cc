#include "gateway/retention.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

absl::StatusOr<int64_t> Number(SqliteDatabase* database, const std::string& sql) {
  auto select = database->Prepare(sql);
  if (!select.ok()) return select.status();
  return ReadNumber(&*select);
}

// Runs a statement with one number in it. Returns how many rows it changed.
absl::StatusOr<uint64_t> Change(SqliteDatabase* database, const std::string& sql, int64_t value) {
  auto change = database->Prepare(sql);
  if (!change.ok()) return change.status();
  change->Bind(1, value);
  if (absl::Status status = change->Run(); !status.ok()) return status;
  auto changed = Number(database, "SELECT changes()");
  if (!changed.ok()) return changed.status();
  return static_cast<uint64_t>(*changed);
}

// 0 for none.
absl::StatusOr<int64_t> FindRunId(SqliteDatabase* database, const std::string& origin,
                                  const std::string& run) {
  auto select = database->Prepare("SELECT MAX(id) FROM run WHERE origin = ? AND run = ?");
  if (!select.ok()) return select.status();
  select->Bind(1, std::string_view(origin)).Bind(2, std::string_view(run));
  return ReadNumber(&*select);
}

}  // namespace

absl::StatusOr<Retention::Deleted> Retention::Step() {
  Deleted deleted;
  auto old_features = NewestOlderThan(std::min(options_.features, options_.verdicts));
  if (!old_features.ok()) return old_features.status();
  auto features = DeleteFeatures(*old_features);
  if (!features.ok()) return features.status();
  deleted.features = *features;
  if (*features > 0) return deleted;

  auto old_verdicts = NewestOlderThan(options_.verdicts);
  if (!old_verdicts.ok()) return old_verdicts.status();
  auto usage = store_->Usage();
  if (!usage.ok()) return usage.status();
  const uint64_t used = usage->bytes - usage->free_bytes;
  if (options_.store_bytes > 0 && used > options_.store_bytes) {
    *old_verdicts = std::numeric_limits<int64_t>::max();
  }
  auto verdicts = DeleteVerdicts(*old_verdicts);
  if (!verdicts.ok()) return verdicts.status();
  deleted.verdicts = *verdicts;
  if (*verdicts > 0) return deleted;
  if (absl::Status status = Tidy(); !status.ok()) return status;
  deleted.done = true;
  return deleted;
}

absl::StatusOr<int64_t> Retention::NewestOlderThan(absl::Duration age) {
  if (age == absl::InfiniteDuration()) return 0;
  const auto lease = store_->Read();
  const int64_t minute = absl::ToUnixSeconds(store_->Now() - age) / 60;
  return Number(lease.database, absl::StrCat("SELECT COALESCE(MAX(number), 0) FROM stored "
                                             "WHERE minute < ",
                                             minute));
}

absl::StatusOr<uint64_t> Retention::DeleteFeatures(int64_t until) {
  uint64_t deleted = 0;
  absl::Status status = store_->Write([&](SqliteDatabase* database) {
    auto oldest = Number(database, "SELECT COALESCE(MIN(number), 0) FROM feature");
    if (!oldest.ok()) return oldest.status();
    if (*oldest == 0 || *oldest > until) return absl::OkStatus();
    auto changed = Change(database, "DELETE FROM feature WHERE number <= ?",
                          std::min(until, *oldest + kStep - 1));
    if (changed.ok()) deleted = *changed;
    return changed.status();
  });
  if (!status.ok()) return status;
  return deleted;
}

absl::StatusOr<uint64_t> Retention::DeleteVerdicts(int64_t until) {
  uint64_t deleted = 0;
  absl::Status status = store_->Write([&](SqliteDatabase* database) {
    auto oldest = Number(database, "SELECT COALESCE(MIN(number), 0) FROM verdict");
    if (!oldest.ok()) return oldest.status();
    if (*oldest == 0 || *oldest > until) return absl::OkStatus();
    const int64_t last = std::min(until, *oldest + kStep - 1);
    auto features = Change(database, "DELETE FROM feature WHERE number <= ?", last);
    if (!features.ok()) return features.status();
    auto verdicts = Change(database, "DELETE FROM verdict WHERE number <= ?", last);
    if (!verdicts.ok()) return verdicts.status();
    deleted = *verdicts;
    return Change(database, "DELETE FROM seen WHERE last_number <= ?", last).status();
  });
  if (!status.ok()) return status;
  return deleted;
}

// Once an hour: what nothing points to any more.
absl::Status Retention::Tidy() {
  if (store_->Now() - tidied_ < absl::Hours(1)) return absl::OkStatus();
  if (options_.summaries == absl::InfiniteDuration()) return absl::OkStatus();
  const int64_t hours = absl::ToInt64Hours(options_.summaries);
  const int64_t minute = absl::ToUnixSeconds(store_->Now() - options_.summaries) / 60;
  absl::Status status = store_->Write([&](SqliteDatabase* database) {
    return database->Execute(absl::StrCat(
        "DELETE FROM hour WHERE hour < "
        "(SELECT watermark_ns / 3600000000000 FROM run WHERE id = run_id) - ",
        hours, ";",
        // Runs whose verdicts are gone, and whose counts are as old.
        "DELETE FROM hour WHERE run_id IN (SELECT id FROM run WHERE stored_minute < ", minute,
        " AND id NOT IN (SELECT run_id FROM seen));"
        "DELETE FROM run WHERE id NOT IN (SELECT run_id FROM seen) "
        "AND id NOT IN (SELECT run_id FROM hour) AND stored_minute < ",
        minute, ";",
        "DELETE FROM incident WHERE run_id NOT IN (SELECT id FROM run);"
        "DELETE FROM incident WHERE to_ns < (SELECT watermark_ns FROM run WHERE id = run_id) - ",
        absl::ToInt64Nanoseconds(options_.summaries), ";",
        "DELETE FROM subject WHERE id NOT IN (SELECT subject_id FROM seen) "
        "AND id NOT IN (SELECT subject_id FROM hour) "
        "AND id NOT IN (SELECT subject_id FROM incident);"
        "DELETE FROM stored WHERE number < (SELECT COALESCE(MIN(number), 0) FROM verdict) "
        "AND number < (SELECT MAX(number) FROM stored);"));
  });
  if (status.ok()) tidied_ = store_->Now();
  return status;
}

absl::Status DeleteRun(VerdictStore* store, const std::string& origin, const std::string& run,
                       const std::function<bool()>& give_up) {
  constexpr uint64_t kRows = 2000;
  const std::string some =
      absl::StrCat("(SELECT number FROM verdict WHERE run_id = ? LIMIT ", kRows, ")");
  for (bool is_last = false; !is_last;) {
    if (give_up()) return absl::UnavailableError("the gateway ends; ask again");
    absl::Status status = store->Write([&](SqliteDatabase* database) {
      // Looked up each time: what was deleted meanwhile leaves its number to another run.
      auto id = FindRunId(database, origin, run);
      if (!id.ok()) return id.status();
      const int64_t run_id = *id;
      is_last = run_id == 0;
      if (is_last) return absl::OkStatus();
      auto features = Change(database, "DELETE FROM feature WHERE number IN " + some, run_id);
      if (!features.ok()) return features.status();
      auto verdicts = Change(database, "DELETE FROM verdict WHERE number IN " + some, run_id);
      if (!verdicts.ok()) return verdicts.status();
      is_last = *verdicts < kRows;
      if (!is_last) return absl::OkStatus();
      // With the last verdicts: nothing may come between that nobody would own.
      for (const char* sql :
           {"DELETE FROM seen WHERE run_id = ?", "DELETE FROM hour WHERE run_id = ?",
            "DELETE FROM incident WHERE run_id = ?", "DELETE FROM run WHERE id = ?"}) {
        auto changed = Change(database, sql, run_id);
        if (!changed.ok()) return changed.status();
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace silhouette
