#include "gateway/store.h"

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/schema.h"
#include "common/timeline.h"
#include "gateway/store_layout.h"
#include "gateway/verdict_writer.h"

namespace silhouette {
namespace {

absl::Status CheckModels(const v1::VerdictBatch& batch) {
  for (const v1::ModelHead& model : batch.models()) {
    absl::Status status;
    constexpr int64_t kLongestNs = 24 * kHourNs;  // windows are of an hour at most
    if (model.length_ns() <= 0 || model.hop_ns() <= 0 || model.length_ns() > kLongestNs ||
        model.hop_ns() > kLongestNs) {
      status = absl::InvalidArgumentError("its windows have an impossible length or hop");
    } else if (model.has_timeline()) {
      status = CheckTimelineModel(model.timeline(), static_cast<size_t>(model.classes_size()));
    }
    for (const v1::IncidentRule& rule : model.incidents()) {
      if (rule.quiet_ns() >= 0 && rule.quiet_ns() <= kLongestNs) continue;
      status = absl::InvalidArgumentError("an incident rule of it has an impossible quiet time");
    }
    if (status.ok()) continue;
    return absl::InvalidArgumentError(absl::StrCat("model ", model.name(), " ", model.version(),
                                                   ": ", std::string(status.message())));
  }
  return absl::OkStatus();
}

absl::Status CheckIndices(const v1::VerdictBatch& batch) {
  for (const v1::ModelVerdict& verdict : batch.verdicts()) {
    const bool good = verdict.model() < static_cast<uint32_t>(batch.models_size()) &&
                      verdict.class_index() < static_cast<uint32_t>(verdict.probabilities_size()) &&
                      verdict.probabilities_size() ==
                          batch.models(static_cast<int>(verdict.model())).classes_size();
    if (good) continue;
    return absl::InvalidArgumentError(absl::StrCat("verdict on ", verdict.subject(), " at ",
                                                   verdict.window_start_ns(),
                                                   " ns names a model or class outside its list"));
  }
  return absl::OkStatus();
}

// What is read as windows and features later.
absl::Status CheckWindows(const v1::VerdictBatch& batch) {
  for (const v1::ModelVerdict& verdict : batch.verdicts()) {
    const auto schema = FindSchema(batch.models(static_cast<int>(verdict.model())).schema());
    const auto features = static_cast<size_t>(verdict.features_size());
    constexpr size_t kMostFeatures = 10'000;  // of a schema that this build does not know
    if (features > 0 && features <= kMostFeatures &&
        (!schema.ok() || features == (*schema)->features.size()) &&
        IsPlausibleTime(verdict.window_start_ns())) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat("verdict on ", verdict.subject(), " at ",
                                                   verdict.window_start_ns(), " ns has ", features,
                                                   " features, or is outside of time"));
  }
  return absl::OkStatus();
}

StoredRun RunFromRow(const SqliteStatement& row) {
  StoredRun run{row.Int(0), row.Text(1),     row.Text(2), row.Int(3), row.Int(4),
                row.Int(5), row.Int(6) != 0, {},          row.Text(8)};
  run.accounting.ParseFromString(row.Text(7));
  return run;
}

absl::StatusOr<StorePosition> ReadNewest(SqliteDatabase* database) {
  auto select = database->Prepare("SELECT id, verdicts FROM store");
  if (!select.ok()) return select.status();
  auto row = select->Step();
  if (!row.ok()) return row.status();
  return StorePosition{select->Int(0), select->Int(1)};
}

constexpr char kRunColumns[] =
    "SELECT id, origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended, accounting, "
    "incomplete FROM run ";

}  // namespace

absl::StatusOr<std::unique_ptr<VerdictStore>> VerdictStore::Open(const std::string& path,
                                                                 Clock now) {
  auto database = SqliteDatabase::Open(path);
  if (!database.ok()) return database.status();
  if (absl::Status status = PrepareLayout(path, &*database); !status.ok()) return status;
  auto store =
      std::unique_ptr<VerdictStore>(new VerdictStore(path, std::move(now), *std::move(database)));
  if (!store->has_file()) return store;
  auto readers = StoreReaders::Open(path);
  if (!readers.ok()) return readers.status();
  store->readers_ = *std::move(readers);
  return store;
}

absl::Status VerdictStore::Reopen() {
  if (!has_file()) return absl::OkStatus();
  std::lock_guard lock(mutex_);
  auto database = SqliteDatabase::Open(path_);
  // Asked only now, as it may be replaced at any time: what is open reads no log before its layout.
  if (database_.HasMoved()) {
    if (absl::Status status = log_.SetAside(); !status.ok()) return status;
    database = SqliteDatabase::Open(path_);
  }
  if (!database.ok()) return database.status();
  if (absl::Status status = PrepareLayout(path_, &*database); !status.ok()) return status;
  auto readers = StoreReaders::Open(path_);
  if (!readers.ok()) return readers.status();
  // Else readers of what lies there now would have read it with the log of what lay there before.
  if (database->HasMoved()) return absl::UnavailableError("store: replaced as it was opened");
  database_ = *std::move(database);
  log_ = StoreLog::Of(path_);
  std::lock_guard readers_lock(readers_mutex_);
  readers_ = *std::move(readers);
  return absl::OkStatus();
}

StoreReaders::Lease VerdictStore::Read() {
  if (!has_file()) return {nullptr, std::unique_lock(mutex_), &database_};
  std::unique_lock lock(readers_mutex_);
  auto readers = readers_;
  lock.unlock();
  return StoreReaders::Take(std::move(readers));
}

absl::Status VerdictStore::Write(const std::function<absl::Status(SqliteDatabase*)>& change) {
  std::lock_guard lock(mutex_);
  const auto gone = absl::UnavailableError("store: its file was moved away or replaced");
  if (database_.HasMoved()) return gone;
  if (absl::Status status = database_.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  absl::Status status = change(&database_);
  if (status.ok()) status = database_.Execute("COMMIT");
  if (!status.ok()) {
    (void)database_.Execute("ROLLBACK");
    return status;
  }
  // It may have gone meanwhile, and what was written with it. If not, nothing is stored twice.
  return database_.HasMoved() ? gone : absl::OkStatus();
}

absl::StatusOr<AddedVerdicts> VerdictStore::Add(const v1::VerdictBatch& batch) {
  if (!IsPlausibleTime(batch.header().grid_start_ns())) {
    return absl::InvalidArgumentError(
        absl::StrCat("grid start at ", batch.header().grid_start_ns(), " ns, outside of time"));
  }
  if (absl::Status status = CheckModels(batch); !status.ok()) return status;
  if (absl::Status status = CheckIndices(batch); !status.ok()) return status;
  if (absl::Status status = CheckWindows(batch); !status.ok()) return status;
  AddedVerdicts added;
  absl::Status status = Write([&](SqliteDatabase* database) {
    auto before = ReadNewest(database);
    if (!before.ok()) return before.status();
    const int64_t minute = absl::ToUnixSeconds(now_()) / 60;
    VerdictWriter writer(database, batch, minute, before->number);
    auto newest = writer.Put();
    if (!newest.ok()) return newest.status();
    added.count = static_cast<uint64_t>(*newest - before->number);
    added.position = {before->store_id, *newest};
    added.incident_news = writer.incidents().news();
    const int64_t change = writer.incidents().newest_change();
    if (change > 0) added.incidents = {before->store_id, change};
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return added;
}

absl::StatusOr<StorePosition> VerdictStore::Newest() {
  const auto lease = Read();
  return ReadNewest(lease.database);
}

absl::StatusOr<VerdictStore::StoreUsage> VerdictStore::Usage() {
  const auto lease = Read();
  auto select = lease.database->Prepare(
      "SELECT page_count * page_size, freelist_count * page_size, "
      "(SELECT verdicts FROM store) + 1 - COALESCE((SELECT MIN(number) FROM verdict), 1), "
      "(SELECT COUNT(*) FROM run) "
      "FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
  if (!select.ok()) return select.status();
  auto row = select->Step();
  if (!row.ok()) return row.status();
  StoreUsage usage;
  usage.bytes = static_cast<uint64_t>(select->Int(0));
  usage.free_bytes = static_cast<uint64_t>(select->Int(1));
  usage.verdicts = static_cast<uint64_t>(select->Int(2));
  usage.runs = static_cast<uint64_t>(select->Int(3));
  return usage;
}

absl::StatusOr<std::vector<StoredRun>> VerdictStore::ListRuns() {
  const auto lease = Read();
  auto select = lease.database->Prepare(absl::StrCat(kRunColumns, "ORDER BY id DESC"));
  if (!select.ok()) return select.status();
  std::vector<StoredRun> runs;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return runs;
    runs.push_back(RunFromRow(*select));
  }
}

absl::StatusOr<StoredRun> VerdictStore::FindRun(const std::string& origin, const std::string& run) {
  const auto lease = Read();
  const bool is_exact = !origin.empty() && !run.empty();  // which an index knows
  auto select = lease.database->Prepare(absl::StrCat(
      kRunColumns, is_exact ? "WHERE origin = ?1 AND run = ?2"
                            : "WHERE (?1 = '' OR origin = ?1) AND (?2 = '' OR run = ?2) "
                              "ORDER BY id DESC LIMIT 1"));
  if (!select.ok()) return select.status();
  select->Bind(1, std::string_view(origin)).Bind(2, std::string_view(run));
  auto row = select->Step();
  if (!row.ok()) return row.status();
  if (*row) return RunFromRow(*select);
  if (origin.empty() && run.empty()) {
    return absl::NotFoundError("the store holds no run yet; start a capture first");
  }
  return absl::NotFoundError(absl::StrCat("the store holds no run \"", run, "\" of origin \"",
                                          origin, "\"; list them to see the names"));
}

}  // namespace silhouette
