#include "gateway/store.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/schema.h"
#include "common/timeline.h"
#include "gateway/store_layout.h"

namespace silhouette {
namespace {

template <typename Values>
std::string_view AsBytes(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<size_t>(values.size()) * sizeof(*values.data())};
}

absl::Status CheckModels(const v1::VerdictBatch& batch) {
  for (const v1::ModelHead& model : batch.models()) {
    absl::Status status;
    if (model.length_ns() <= 0 || model.hop_ns() <= 0 || !IsPlausibleTime(model.length_ns())) {
      status = absl::InvalidArgumentError("its windows have no length or hop");
    } else if (model.has_timeline()) {
      status = CheckTimelineModel(model.timeline(), static_cast<size_t>(model.classes_size()));
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
    if (features > 0 && (!schema.ok() || features == (*schema)->features.size()) &&
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

// The id that INSERT … RETURNING id gives, for a new row or the one that was there.
absl::StatusOr<int64_t> ReturnedId(SqliteStatement* put) {
  auto row = put->Step();
  if (!row.ok()) return row.status();
  const int64_t id = put->Int(0);
  put->Reset();
  return id;
}

constexpr char kRunColumns[] =
    "SELECT id, origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended, accounting, "
    "incomplete FROM run ";

}  // namespace

absl::StatusOr<std::unique_ptr<VerdictStore>> VerdictStore::Open(const std::string& path) {
  auto database = SqliteDatabase::Open(path);
  if (!database.ok()) return database.status();
  if (absl::Status status = PrepareLayout(path, &*database); !status.ok()) return status;
  return std::unique_ptr<VerdictStore>(new VerdictStore(path, *std::move(database)));
}

absl::Status VerdictStore::Reopen() {
  if (path_.empty() || path_ == kInMemory) return absl::OkStatus();
  std::lock_guard lock(mutex_);
  auto database = SqliteDatabase::Open(path_);
  // Asked only now, as it may be replaced at any time: what is open reads no log before its layout.
  if (database_.HasMoved()) {
    if (absl::Status status = log_.SetAside(); !status.ok()) return status;
    database = SqliteDatabase::Open(path_);
  }
  if (!database.ok()) return database.status();
  if (absl::Status status = PrepareLayout(path_, &*database); !status.ok()) return status;
  database_ = *std::move(database);
  log_ = StoreLog::Of(path_);
  return absl::OkStatus();
}

absl::StatusOr<AddedVerdicts> VerdictStore::Add(const v1::VerdictBatch& batch) {
  if (!IsPlausibleTime(batch.header().grid_start_ns())) {
    return absl::InvalidArgumentError(
        absl::StrCat("grid start at ", batch.header().grid_start_ns(), " ns, outside of time"));
  }
  if (absl::Status status = CheckModels(batch); !status.ok()) return status;
  if (absl::Status status = CheckIndices(batch); !status.ok()) return status;
  if (absl::Status status = CheckWindows(batch); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  const auto gone = absl::UnavailableError("store: its file was moved away or replaced");
  if (database_.HasMoved()) return gone;
  if (absl::Status status = database_.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  absl::StatusOr<AddedVerdicts> added = PutVerdicts(batch);
  absl::Status ended = database_.Execute(added.ok() ? "COMMIT" : "ROLLBACK");
  if (added.ok() && !ended.ok()) {
    (void)database_.Execute("ROLLBACK");
    return ended;
  }
  // It may have gone meanwhile, and what was written with it. If not, nothing is stored twice.
  if (added.ok() && database_.HasMoved()) return gone;
  return added;
}

absl::StatusOr<AddedVerdicts> VerdictStore::PutVerdicts(const v1::VerdictBatch& batch) {
  auto run = PutRun(batch.header());
  if (!run.ok()) return run.status();
  std::vector<ModelIds> models;
  for (const v1::ModelHead& head : batch.models()) {
    auto model = PutModel(head);
    if (!model.ok()) return model.status();
    models.push_back(*model);
  }
  auto insert = database_.Prepare(
      "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING "
      "RETURNING 1");
  if (!insert.ok()) return insert.status();
  auto newest = ReadNewest();
  if (!newest.ok()) return newest.status();
  std::map<std::string_view, int64_t> subjects;
  AddedVerdicts added{0, *newest};
  for (const v1::ModelVerdict& verdict : batch.verdicts()) {
    auto [at, is_new] = subjects.try_emplace(verdict.subject(), 0);
    if (is_new) {
      auto subject = PutSubject(verdict.subject());
      if (!subject.ok()) return subject.status();
      at->second = *subject;
    }
    const ModelIds& model = models[verdict.model()];
    insert->Bind(1, *run).Bind(2, at->second).Bind(3, model.series);
    insert->Bind(4, int64_t{verdict.window_start_ns()}).Bind(5, model.model);
    insert->Bind(6, int64_t{verdict.class_index()}).Bind(7, int64_t{verdict.partial()});
    insert->BindBlob(8, AsBytes(verdict.probabilities())).BindBlob(9, AsBytes(verdict.features()));
    insert->Bind(10, added.position.number + 1);
    auto row = insert->Step();
    if (!row.ok()) return row.status();
    if (*row) ++added.count, ++added.position.number;
    insert->Reset();
  }
  if (added.count == 0) return added;
  auto update = database_.Prepare("UPDATE store SET verdicts = ?");
  if (!update.ok()) return update.status();
  update->Bind(1, added.position.number);
  if (absl::Status status = update->Run(); !status.ok()) return status;
  return added;
}

absl::StatusOr<StorePosition> VerdictStore::Newest() {
  std::lock_guard lock(mutex_);
  return ReadNewest();
}

absl::StatusOr<StorePosition> VerdictStore::ReadNewest() {
  auto select = database_.Prepare("SELECT id, verdicts FROM store");
  if (!select.ok()) return select.status();
  auto row = select->Step();
  if (!row.ok()) return row.status();
  return StorePosition{select->Int(0), select->Int(1)};
}

absl::StatusOr<int64_t> VerdictStore::PutRun(const v1::BatchHeader& header) {
  auto put = database_.Prepare(
      "INSERT INTO run (origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended, "
      "accounting, incomplete) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin, run) DO UPDATE "
      "SET first_packet_ns = excluded.first_packet_ns, "
      "watermark_ns = MAX(watermark_ns, excluded.watermark_ns), "
      "incomplete = CASE WHEN ended THEN incomplete ELSE excluded.incomplete END, "
      "ended = MAX(ended, excluded.ended) RETURNING id, accounting");
  if (!put.ok()) return put.status();
  put->Bind(1, std::string_view(header.origin())).Bind(2, std::string_view(header.run()));
  put->Bind(3, int64_t{header.first_packet_ns()}).Bind(4, int64_t{header.grid_start_ns()});
  put->Bind(5, int64_t{header.watermark_ns()}).Bind(6, int64_t{header.end_of_run()});
  put->BindBlob(7, header.accounting().SerializeAsString());
  put->Bind(8, std::string_view(header.incomplete()));
  auto row = put->Step();
  if (!row.ok()) return row.status();
  const int64_t id = put->Int(0);
  v1::Accounting known;
  known.ParseFromString(put->Text(1));
  put->Reset();
  // What is sent again after a break may be older than what is known.
  if (known.received() > header.accounting().received()) return id;
  auto update = database_.Prepare("UPDATE run SET accounting = ? WHERE id = ?");
  if (!update.ok()) return update.status();
  update->BindBlob(1, header.accounting().SerializeAsString()).Bind(2, id);
  if (absl::Status status = update->Run(); !status.ok()) return status;
  return id;
}

absl::StatusOr<VerdictStore::ModelIds> VerdictStore::PutModel(const v1::ModelHead& model) {
  auto put = database_.Prepare(
      "INSERT INTO model (name, version, head, series_id) VALUES (?1, ?2, ?3, "
      "(SELECT MIN(id) FROM model WHERE name = ?1)) "
      "ON CONFLICT (name, version) DO UPDATE SET name = excluded.name "
      "RETURNING id, head, COALESCE(series_id, id)");
  if (!put.ok()) return put.status();
  put->Bind(1, std::string_view(model.name())).Bind(2, std::string_view(model.version()));
  const std::string head = model.SerializeAsString();
  put->BindBlob(3, head);
  auto row = put->Step();
  if (!row.ok()) return row.status();
  if (put->Blob(1) == head) return ModelIds{put->Int(0), put->Int(2)};
  return absl::FailedPreconditionError(
      absl::StrCat("model ", model.name(), " ", model.version(),
                   " is not what the store knows under this version; give the changed model a new "
                   "version"));
}

absl::StatusOr<int64_t> VerdictStore::PutSubject(const std::string& name) {
  auto find = database_.Prepare("SELECT id FROM subject WHERE name = ?");
  if (!find.ok()) return find.status();
  find->Bind(1, std::string_view(name));
  auto row = find->Step();
  if (!row.ok()) return row.status();
  if (*row) return find->Int(0);
  auto put = database_.Prepare("INSERT INTO subject (name) VALUES (?) RETURNING id");
  if (!put.ok()) return put.status();
  put->Bind(1, std::string_view(name));
  return ReturnedId(&*put);
}

absl::StatusOr<std::vector<StoredRun>> VerdictStore::ListRuns() {
  std::lock_guard lock(mutex_);
  auto select = database_.Prepare(absl::StrCat(kRunColumns, "ORDER BY id DESC"));
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
  std::lock_guard lock(mutex_);
  auto select = database_.Prepare(absl::StrCat(
      kRunColumns,
      "WHERE (?1 = '' OR origin = ?1) AND (?2 = '' OR run = ?2) ORDER BY id DESC LIMIT 1"));
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
