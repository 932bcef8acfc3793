// VerdictStore's reading of single verdicts: what people page through, and what watchers follow.

#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/store.h"

namespace silhouette {
namespace {

template <typename Value, typename Field>
void FromBytes(std::string_view bytes, Field* field) {
  field->Resize(static_cast<int>(bytes.size() / sizeof(Value)), 0);
  if (bytes.empty()) return;
  std::memcpy(field->mutable_data(), bytes.data(), bytes.size() / sizeof(Value) * sizeof(Value));
}

constexpr char kSelect[] =
    "SELECT window_start_ns, subject.name, model.id, model.head, run.origin, run.run, "
    "class_index, partial, probabilities, vector, verdict.number "
    "FROM verdict JOIN run ON run.id = run_id JOIN subject ON subject.id = subject_id "
    "JOIN model ON model.id = model_id LEFT JOIN feature ON feature.number = verdict.number ";

// How a class is stored: each model version has a number of its own for it.
struct ClassId {
  int64_t model;
  int64_t index;
};

absl::StatusOr<std::vector<ClassId>> FindClass(const std::string& name, SqliteDatabase* database) {
  auto select = database->Prepare("SELECT id, head FROM model");
  if (!select.ok()) return select.status();
  std::vector<ClassId> ids;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return ids;
    v1::ModelHead model;
    model.ParseFromString(select->Text(1));
    for (int i = 0; i < model.classes_size(); ++i) {
      if (model.classes(i) == name) ids.push_back({select->Int(0), i});
    }
  }
}

// Its parameters are those of BindQuery, in that order.
std::string QueryText(const VerdictQuery& query, const std::vector<ClassId>& classes) {
  std::string sql = absl::StrCat(kSelect, "WHERE run_id = ?");
  if (!query.subjects.empty()) {
    absl::StrAppend(&sql, " AND subject_id IN (SELECT id FROM subject WHERE name IN (",
                    absl::StrJoin(std::vector<std::string>(query.subjects.size(), "?"), ","), "))");
  }
  if (!query.model.empty()) sql += " AND model.name = ?";
  if (!query.class_name.empty()) {
    absl::StrAppend(&sql, " AND (model_id, class_index) IN (VALUES ",
                    absl::StrJoin(std::vector<std::string>(classes.size(), "(?,?)"), ","), ")");
  }
  if (query.from_ns) sql += " AND window_start_ns >= ?";
  if (query.to_ns) sql += " AND window_start_ns < ?";
  if (query.after) {
    sql += " AND (window_start_ns, subject.name, model.name, model.version) > (?, ?, ?, ?)";
  }
  return sql + " ORDER BY window_start_ns, subject.name, model.name, model.version LIMIT ?";
}

void BindQuery(const VerdictQuery& query, const std::vector<ClassId>& classes,
               SqliteStatement* select) {
  int position = 1;
  select->Bind(position++, query.run_id);
  for (const std::string& subject : query.subjects) {
    select->Bind(position++, std::string_view(subject));
  }
  if (!query.model.empty()) select->Bind(position++, std::string_view(query.model));
  for (const ClassId& id : classes) {
    select->Bind(position++, id.model);
    select->Bind(position++, id.index);
  }
  if (query.from_ns) select->Bind(position++, *query.from_ns);
  if (query.to_ns) select->Bind(position++, *query.to_ns);
  if (query.after) {
    select->Bind(position++, query.after->window_start_ns);
    select->Bind(position++, std::string_view(query.after->subject));
    select->Bind(position++, std::string_view(query.after->model));
    select->Bind(position++, std::string_view(query.after->version));
  }
  select->Bind(position, static_cast<int64_t>(query.limit));
}

v1::Verdict VerdictFromRow(const SqliteStatement& row, const v1::ModelHead& model) {
  v1::Verdict verdict;
  verdict.set_origin(row.Text(4));
  verdict.set_run(row.Text(5));
  verdict.set_subject(row.Text(1));
  verdict.set_model(model.name());
  verdict.set_version(model.version());
  verdict.set_window_start_ns(row.Int(0));
  verdict.set_window_end_ns(row.Int(0) + model.length_ns());
  const int class_index = static_cast<int>(row.Int(6));
  verdict.set_class_(model.classes(class_index));
  FromBytes<float>(row.Blob(8), verdict.mutable_probabilities());
  verdict.set_probability(verdict.probabilities(class_index));
  FromBytes<float>(row.Blob(9), verdict.mutable_features());
  verdict.set_schema(model.schema());
  verdict.set_partial(row.Int(7) != 0);
  return verdict;
}

// All rows of a kSelect.
absl::StatusOr<std::vector<NumberedVerdict>> ReadRows(SqliteStatement* select) {
  std::map<int64_t, v1::ModelHead> models;
  std::vector<NumberedVerdict> verdicts;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return verdicts;
    auto [model, is_new] = models.try_emplace(select->Int(2));
    if (is_new) model->second.ParseFromString(select->Text(3));
    verdicts.push_back({select->Int(10), VerdictFromRow(*select, model->second)});
  }
}

}  // namespace

absl::StatusOr<std::vector<v1::Verdict>> VerdictStore::ListVerdicts(const VerdictQuery& query) {
  const auto lease = Read();
  std::vector<ClassId> classes;
  if (!query.class_name.empty()) {
    auto found = FindClass(query.class_name, lease.database);
    if (!found.ok()) return found.status();
    classes = *std::move(found);
    if (classes.empty()) return std::vector<v1::Verdict>();
  }
  auto select = lease.database->Prepare(QueryText(query, classes));
  if (!select.ok()) return select.status();
  BindQuery(query, classes, &*select);
  auto rows = ReadRows(&*select);
  if (!rows.ok()) return rows.status();
  std::vector<v1::Verdict> verdicts;
  verdicts.reserve(rows->size());
  for (NumberedVerdict& row : *rows) verdicts.push_back(std::move(row.verdict));
  return verdicts;
}

absl::StatusOr<std::vector<NumberedVerdict>> VerdictStore::ReadBehind(int64_t number,
                                                                      size_t limit) {
  const auto lease = Read();
  auto select = lease.database->Prepare(
      absl::StrCat(kSelect, "WHERE verdict.number > ? ORDER BY verdict.number LIMIT ?"));
  if (!select.ok()) return select.status();
  select->Bind(1, number).Bind(2, static_cast<int64_t>(limit));
  return ReadRows(&*select);
}

}  // namespace silhouette
