#include "gateway/verdict_writer.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "gateway/store.h"

namespace silhouette {
namespace {

template <typename Values>
std::string_view AsBytes(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<size_t>(values.size()) * sizeof(*values.data())};
}

}  // namespace

absl::StatusOr<int64_t> VerdictWriter::Put() {
  auto run = PutRun(batch_.header());
  if (!run.ok()) return run.status();
  run_ = *run;
  std::vector<ModelIds> models;
  for (const v1::ModelHead& head : batch_.models()) {
    auto model = PutModel(head);
    if (!model.ok()) return model.status();
    models.push_back(*model);
  }
  const int64_t before = newest_;
  if (absl::Status status = PutVerdicts(models); !status.ok()) return status;
  if (newest_ == before) return newest_;
  if (absl::Status status = PutSeen(); !status.ok()) return status;
  if (absl::Status status = PutHours(); !status.ok()) return status;
  if (absl::Status status = incidents_.Put(run_); !status.ok()) return status;
  if (absl::Status status = PutNewest(); !status.ok()) return status;
  return newest_;
}

absl::Status VerdictWriter::PutVerdicts(const std::vector<ModelIds>& models) {
  auto insert = database_->Prepare(
      "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1");
  if (!insert.ok()) return insert.status();
  auto features = database_->Prepare("INSERT INTO feature VALUES (?, ?)");
  if (!features.ok()) return features.status();
  std::map<std::string_view, int64_t> subjects;
  for (const v1::ModelVerdict& verdict : batch_.verdicts()) {
    auto [at, is_new] = subjects.try_emplace(verdict.subject(), 0);
    if (is_new) {
      auto subject = PutSubject(verdict.subject());
      if (!subject.ok()) return subject.status();
      at->second = *subject;
    }
    const ModelIds& model = models[verdict.model()];
    insert->Bind(1, run_).Bind(2, at->second).Bind(3, model.series);
    insert->Bind(4, int64_t{verdict.window_start_ns()}).Bind(5, model.model);
    insert->Bind(6, int64_t{verdict.class_index()}).Bind(7, int64_t{verdict.partial()});
    insert->BindBlob(8, AsBytes(verdict.probabilities())).Bind(9, newest_ + 1);
    auto is_stored = insert->Step();
    if (!is_stored.ok()) return is_stored.status();
    insert->Reset();
    if (!*is_stored) continue;
    ++newest_;
    const std::vector<float> floats(verdict.features().begin(), verdict.features().end());
    features->Bind(1, newest_).BindBlob(2, AsBytes(floats));
    if (absl::Status status = features->Run(); !status.ok()) return status;
    const v1::ModelHead& head = batch_.models(static_cast<int>(verdict.model()));
    absl::Status counted = Count(verdict, head, model, at->second);
    if (!counted.ok()) return counted;
    incidents_.Add(verdict, at->second, model.model);
  }
  return absl::OkStatus();
}

absl::Status VerdictWriter::Count(const v1::ModelVerdict& verdict, const v1::ModelHead& head,
                                  const ModelIds& model, int64_t subject) {
  const SeenKey key{subject, model.series};
  const int64_t start_ns = verdict.window_start_ns();
  const int64_t hour = Grid{0, kHourNs}.IndexOf(start_ns);
  ++hours_[{key, hour, model.model, verdict.class_index()}];
  auto found = FindSeen(key, head.schema());
  if (!found.ok()) return found.status();
  Seen& seen = **found;
  // The shape is measured in the order of windows; what comes between others leaves it to them.
  if (seen.windows > 0 && start_ns <= seen.last_start_ns) seen.meter.reset();
  if (seen.schema != head.schema()) seen.meter.reset();  // another version of the model
  if (seen.meter) {
    const std::span features(verdict.features().data(),
                             static_cast<size_t>(verdict.features_size()));
    seen.meter->Add(start_ns, start_ns + head.length_ns(), features);
  }
  seen.first_start_ns = seen.windows == 0 ? start_ns : std::min(seen.first_start_ns, start_ns);
  seen.last_start_ns = seen.windows == 0 ? start_ns : std::max(seen.last_start_ns, start_ns);
  seen.last_number = newest_;
  ++seen.windows;
  return absl::OkStatus();
}

absl::StatusOr<VerdictWriter::Seen*> VerdictWriter::FindSeen(const SeenKey& key,
                                                             const std::string& schema) {
  auto [at, is_new] = seen_.try_emplace(key);
  if (!is_new) return &at->second;
  Seen& seen = at->second;
  seen.schema = schema;
  auto select = database_->Prepare(
      "SELECT windows, first_start_ns, last_start_ns, shape FROM seen "
      "WHERE run_id = ? AND subject_id = ? AND series_id = ?");
  if (!select.ok()) return select.status();
  select->Bind(1, run_).Bind(2, key.first).Bind(3, key.second);
  auto row = select->Step();
  if (!row.ok()) return row.status();
  const bool measures = ConversationMeter::Measures(schema);
  if (*row) {
    seen.windows = select->Int(0);
    seen.first_start_ns = select->Int(1);
    seen.last_start_ns = select->Int(2);
    if (measures) seen.meter = ConversationMeter::Load(schema, select->Blob(3));
  } else if (measures) {
    seen.meter.emplace(schema);
  }
  return &seen;
}

absl::Status VerdictWriter::PutSeen() {
  auto put = database_->Prepare("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  if (!put.ok()) return put.status();
  for (const auto& [key, seen] : seen_) {
    put->Bind(1, run_).Bind(2, key.first).Bind(3, key.second).Bind(4, seen.windows);
    put->Bind(5, seen.first_start_ns).Bind(6, seen.last_start_ns).Bind(7, seen.last_number);
    if (seen.meter) put->BindBlob(8, seen.meter->Save());
    if (absl::Status status = put->Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status VerdictWriter::PutHours() {
  auto put = database_->Prepare(
      "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET windows = windows + excluded.windows");
  if (!put.ok()) return put.status();
  for (const auto& [key, windows] : hours_) {
    put->Bind(1, run_).Bind(2, key.subject.first).Bind(3, key.subject.second).Bind(4, key.hour);
    put->Bind(5, key.model).Bind(6, key.class_index).Bind(7, windows);
    if (absl::Status status = put->Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status VerdictWriter::PutNewest() {
  auto update = database_->Prepare("UPDATE store SET verdicts = ?");
  if (!update.ok()) return update.status();
  update->Bind(1, newest_);
  if (absl::Status status = update->Run(); !status.ok()) return status;
  // A clock that was ahead for a while makes verdicts younger, never older than they are.
  auto put = database_->Prepare(
      "INSERT OR REPLACE INTO stored "
      "SELECT MAX(?1, COALESCE(MAX(minute), 0)), ?2 FROM stored");
  if (!put.ok()) return put.status();
  put->Bind(1, minute_).Bind(2, newest_);
  return put->Run();
}

absl::StatusOr<int64_t> VerdictWriter::PutRun(const v1::BatchHeader& header) {
  auto put = database_->Prepare(
      "INSERT INTO run (origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended, "
      "accounting, incomplete, stored_minute) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
      "(origin, run) DO UPDATE "
      "SET first_packet_ns = excluded.first_packet_ns, "
      "watermark_ns = MAX(watermark_ns, excluded.watermark_ns), "
      "incomplete = CASE WHEN ended THEN incomplete ELSE excluded.incomplete END, "
      "ended = MAX(ended, excluded.ended), stored_minute = excluded.stored_minute RETURNING id, "
      "accounting");
  if (!put.ok()) return put.status();
  put->Bind(1, std::string_view(header.origin())).Bind(2, std::string_view(header.run()));
  put->Bind(3, int64_t{header.first_packet_ns()}).Bind(4, int64_t{header.grid_start_ns()});
  put->Bind(5, int64_t{header.watermark_ns()}).Bind(6, int64_t{header.end_of_run()});
  put->BindBlob(7, header.accounting().SerializeAsString());
  put->Bind(8, std::string_view(header.incomplete())).Bind(9, minute_);
  auto row = put->Step();
  if (!row.ok()) return row.status();
  const int64_t id = put->Int(0);
  v1::Accounting known;
  known.ParseFromString(put->Text(1));
  put->Reset();
  // What is sent again after a break may be older than what is known.
  if (known.received() > header.accounting().received()) return id;
  auto update = database_->Prepare("UPDATE run SET accounting = ? WHERE id = ?");
  if (!update.ok()) return update.status();
  update->BindBlob(1, header.accounting().SerializeAsString()).Bind(2, id);
  if (absl::Status status = update->Run(); !status.ok()) return status;
  return id;
}

absl::StatusOr<VerdictWriter::ModelIds> VerdictWriter::PutModel(const v1::ModelHead& model) {
  auto put = database_->Prepare(
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

absl::StatusOr<int64_t> VerdictWriter::PutSubject(const std::string& name) {
  auto find = database_->Prepare("SELECT id FROM subject WHERE name = ?");
  if (!find.ok()) return find.status();
  find->Bind(1, std::string_view(name));
  auto row = find->Step();
  if (!row.ok()) return row.status();
  if (*row) return find->Int(0);
  auto put = database_->Prepare("INSERT INTO subject (name) VALUES (?) RETURNING id");
  if (!put.ok()) return put.status();
  put->Bind(1, std::string_view(name));
  return ReadNumber(&*put);
}

}  // namespace silhouette
