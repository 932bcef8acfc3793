#include "gateway/incident_writer.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "gateway/evidence.h"

namespace silhouette {

IncidentWriter::IncidentWriter(SqliteDatabase* database, const v1::VerdictBatch& batch)
    : database_(database), batch_(batch) {
  const bool any = std::any_of(batch.models().begin(), batch.models().end(),
                               [](const auto& model) { return model.incidents_size() > 0; });
  if (!any) return;
  for (const v1::ModelHead& model : batch.models()) {
    auto& rules = rules_.emplace_back();
    if (model.incidents_size() == 0) continue;
    for (const std::string& name : model.classes()) {
      const auto rule = std::find_if(model.incidents().begin(), model.incidents().end(),
                                     [&](const auto& each) { return each.class_() == name; });
      rules.push_back(rule == model.incidents().end() ? nullptr : &*rule);
    }
  }
}

void IncidentWriter::Keep(const v1::ModelVerdict& verdict, const v1::IncidentRule& rule,
                          int64_t subject, int64_t model) {
  const int64_t length_ns = batch_.models(static_cast<int>(verdict.model())).length_ns();
  const int64_t from_ns = verdict.window_start_ns();
  spans_[{subject, rule.class_()}].push_back(
      {from_ns, from_ns + length_ns, rule.quiet_ns(), 1, std::max<int64_t>(rule.least_windows(), 1),
       std::max(rule.severity(), v1::SEVERITY_LOW),
       verdict.probabilities(static_cast<int>(verdict.class_index())), model, &verdict, &rule});
}

absl::Status IncidentWriter::Put(int64_t run) {
  if (spans_.empty()) return absl::OkStatus();
  if (absl::Status status = Prepare(); !status.ok()) return status;
  for (auto& [key, spans] : spans_) {
    for (const Span& span : Join(std::move(spans))) {
      if (absl::Status status = PutSpan(run, key, span); !status.ok()) return status;
    }
  }
  spans_.clear();
  auto update = database_->Prepare("UPDATE store SET incidents = ?, incident_changes = ?");
  if (!update.ok()) return update.status();
  update->Bind(1, found_).Bind(2, change_);
  return update->Run();
}

// Statements, and where the store's numbers are.
absl::Status IncidentWriter::Prepare() {
  for (const auto& [statement, sql] :
       {std::pair{&select_near_,
                  "SELECT number, severity, from_ns, to_ns, windows, probability, model_id, "
                  "evidence, revision, least FROM incident WHERE run_id = ? AND subject_id = ? "
                  "AND kind = ? AND to_ns >= ? AND from_ns <= ? "
                  "ORDER BY windows < least, number"},
        std::pair{&remove_, "DELETE FROM incident WHERE number = ?"},
        std::pair{&put_,
                  "INSERT OR REPLACE INTO incident VALUES "
                  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}}) {
    auto prepared = database_->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  auto select = database_->Prepare("SELECT incidents, incident_changes FROM store");
  if (!select.ok()) return select.status();
  auto row = select->Step();
  if (!row.ok()) return row.status();
  found_ = select->Int(0);
  change_ = select->Int(1);
  return absl::OkStatus();
}

// Neighbours that are no further apart than one of them allows become one.
std::vector<IncidentWriter::Span> IncidentWriter::Join(std::vector<Span> spans) {
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Span& a, const Span& b) { return a.from_ns < b.from_ns; });
  std::vector<Span> joined;
  for (const Span& span : spans) {
    const bool is_near =
        !joined.empty() &&
        span.from_ns <= joined.back().to_ns + std::max(span.quiet_ns, joined.back().quiet_ns);
    if (!is_near) {
      joined.push_back(span);
      continue;
    }
    Span& last = joined.back();
    last.to_ns = std::max(last.to_ns, span.to_ns);
    last.quiet_ns = std::max(last.quiet_ns, span.quiet_ns);
    last.windows += span.windows;
    last.least = std::min(last.least, span.least);
    last.severity = std::max(last.severity, span.severity);
    if (span.probability <= last.probability) continue;
    last.probability = span.probability;
    last.model = span.model;
    last.best = span.best;
    last.rule = span.rule;
  }
  return joined;
}

absl::Status IncidentWriter::PutSpan(int64_t run, const Key& key, const Span& span) {
  auto near = TakeNear(run, key, span);
  if (!near.ok()) return near.status();
  Row& row = *near;
  const bool was_incident = row.is_incident();
  const int64_t severity_before = row.severity;
  TakeIn(span, &row);
  if (row.number == 0) row.number = ++found_;
  if (!row.is_incident()) return PutRow(run, key, -row.number, row);
  if (was_incident) ++row.revision;
  if (!was_incident || row.severity > severity_before) {
    news_.push_back({key.second, static_cast<v1::Severity>(row.severity)});
  }
  return PutRow(run, key, ++change_, row);
}

absl::StatusOr<IncidentWriter::Row> IncidentWriter::TakeNear(int64_t run, const Key& key,
                                                             const Span& span) {
  SqliteStatement& select = *select_near_;
  select.Bind(1, run).Bind(2, key.first).Bind(3, std::string_view(key.second));
  select.Bind(4, span.from_ns - span.quiet_ns).Bind(5, span.to_ns + span.quiet_ns);
  std::vector<Row> rows;
  while (true) {
    auto is_row = select.Step();
    if (!is_row.ok()) return is_row.status();
    if (!*is_row) break;
    rows.push_back({select.Int(0), select.Int(1), select.Int(2), select.Int(3), select.Int(4),
                    select.Real(5), select.Int(6), select.Text(7), select.Int(8), select.Int(9)});
  }
  if (rows.empty()) return Row{};
  for (size_t i = 1; i < rows.size(); ++i) {
    remove_->Bind(1, rows[i].number);
    if (absl::Status status = remove_->Run(); !status.ok()) return status;
    TakeIn(rows[i], &rows[0]);
  }
  return rows[0];
}

void IncidentWriter::TakeIn(const Row& other, Row* row) {
  row->severity = std::max(row->severity, other.severity);
  row->from_ns = std::min(row->from_ns, other.from_ns);
  row->to_ns = std::max(row->to_ns, other.to_ns);
  row->windows += other.windows;
  row->least = std::min(row->least, other.least);
  if (other.probability <= row->probability) return;
  row->probability = other.probability;
  row->model = other.model;
  row->evidence = other.evidence;
}

void IncidentWriter::TakeIn(const Span& span, Row* row) const {
  Row other;
  other.severity = span.severity;
  other.from_ns = span.from_ns;
  other.to_ns = span.to_ns;
  other.windows = span.windows;
  other.least = span.least;
  other.probability = span.probability;
  other.model = span.model;
  if (other.probability > row->probability) {  // only where it will be told
    const v1::ModelHead& head = batch_.models(static_cast<int>(span.best->model()));
    const std::span features(span.best->features().data(),
                             static_cast<size_t>(span.best->features_size()));
    other.evidence =
        EvidenceInWords(head.schema(), head.length_ns(), features, span.rule->features());
  }
  TakeIn(other, row);
}

absl::Status IncidentWriter::PutRow(int64_t run, const Key& key, int64_t change, const Row& row) {
  SqliteStatement& put = *put_;
  put.Bind(1, row.number).Bind(2, run).Bind(3, key.first).Bind(4, std::string_view(key.second));
  put.Bind(5, row.severity).Bind(6, row.from_ns).Bind(7, row.to_ns).Bind(8, row.windows);
  put.Bind(9, row.probability).Bind(10, row.model).Bind(11, std::string_view(row.evidence));
  put.Bind(12, row.revision).Bind(13, change).Bind(14, row.least);
  return put.Run();
}

}  // namespace silhouette
