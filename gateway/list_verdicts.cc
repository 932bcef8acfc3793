// VerdictStore::ListVerdicts: the one query that people page through.

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
  std::memcpy(field->mutable_data(), bytes.data(), bytes.size() / sizeof(Value) * sizeof(Value));
}

// Binds what a query asks for, in the order in which its text uses it.
std::string QueryText(const VerdictQuery& query) {
  std::string sql =
      "SELECT window_start_ns, subject.name, model.id, model.head, run.origin, run.run, "
      "class_index, partial, probabilities, features "
      "FROM verdict JOIN run ON run.id = run_id JOIN subject ON subject.id = subject_id "
      "JOIN model ON model.id = model_id WHERE run_id = ?";
  if (!query.subjects.empty()) {
    absl::StrAppend(&sql, " AND subject.name IN (",
                    absl::StrJoin(std::vector<std::string>(query.subjects.size(), "?"), ","), ")");
  }
  if (!query.model.empty()) sql += " AND model.name = ?";
  if (query.after) {
    sql += " AND (window_start_ns, subject.name, model.name, model.version) > (?, ?, ?, ?)";
  }
  return sql + " ORDER BY window_start_ns, subject.name, model.name, model.version LIMIT ?";
}

void BindQuery(const VerdictQuery& query, SqliteStatement* select) {
  int position = 1;
  select->Bind(position++, query.run_id);
  for (const std::string& subject : query.subjects) {
    select->Bind(position++, std::string_view(subject));
  }
  if (!query.model.empty()) select->Bind(position++, std::string_view(query.model));
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
  FromBytes<double>(row.Blob(9), verdict.mutable_features());
  verdict.set_schema(model.schema());
  verdict.set_partial(row.Int(7) != 0);
  return verdict;
}

}  // namespace

absl::StatusOr<std::vector<v1::Verdict>> VerdictStore::ListVerdicts(const VerdictQuery& query) {
  std::lock_guard lock(mutex_);
  auto select = database_.Prepare(QueryText(query));
  if (!select.ok()) return select.status();
  BindQuery(query, &*select);
  std::map<int64_t, v1::ModelHead> models;
  std::vector<v1::Verdict> verdicts;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return verdicts;
    auto [model, is_new] = models.try_emplace(select->Int(2));
    if (is_new) model->second.ParseFromString(select->Text(3));
    verdicts.push_back(VerdictFromRow(*select, model->second));
  }
}

}  // namespace silhouette
