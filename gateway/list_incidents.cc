// VerdictStore's reading of incidents: what people page through, and what watchers follow.

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/store.h"

namespace silhouette {
namespace {

constexpr char kSelect[] =
    "SELECT incident.number, run.origin, run.run, subject.name, kind, severity, from_ns, to_ns, "
    "windows, probability, model.name, model.version, evidence, revision, change "
    "FROM incident JOIN run ON run.id = run_id JOIN subject ON subject.id = subject_id "
    "JOIN model ON model.id = model_id WHERE ";

// Conditions that all must hold, with the values in them.
class Conditions {
 public:
  using Value = std::variant<int64_t, std::string>;

  void Add(const std::string& sql, std::vector<Value> values) {
    absl::StrAppend(&sql_, sql_.empty() ? "" : " AND ", sql);
    values_.insert(values_.end(), values.begin(), values.end());
  }
  const std::string& sql() const { return sql_; }

  // Returns how many it bound.
  int Bind(SqliteStatement* select) const {
    int position = 0;
    for (const Value& value : values_) {
      ++position;
      if (const auto* number = std::get_if<int64_t>(&value)) {
        select->Bind(position, *number);
      } else {
        select->Bind(position, std::string_view(std::get<std::string>(value)));
      }
    }
    return position;
  }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

Conditions Fitting(const IncidentFilter& filter) {
  Conditions all;
  all.Add("windows >= least", {});
  all.Add("severity >= ?", {int64_t{filter.min_severity}});
  if (!filter.origin.empty()) all.Add("run.origin = ?", {filter.origin});
  if (!filter.run.empty()) all.Add("run.run = ?", {filter.run});
  if (!filter.kind.empty()) all.Add("kind = ?", {filter.kind});
  if (!filter.subjects.empty()) {
    const std::vector<std::string> marks(filter.subjects.size(), "?");
    all.Add(absl::StrCat("subject.name IN (", absl::StrJoin(marks, ","), ")"),
            {filter.subjects.begin(), filter.subjects.end()});
  }
  return all;
}

// 192.168.1.20 of device:192.168.1.20, conversation:192.168.1.20-…/udp, flow:192.168.1.20:5000-…
// and flow:[fd00::1]:5000-….
std::string DeviceOf(std::string_view subject) {
  const std::string_view kind = subject.substr(0, subject.find(':'));
  if (kind.size() == subject.size()) return std::string(subject);
  std::string_view name = subject.substr(kind.size() + 1);
  if (kind == "conversation" || kind == "flow") name = name.substr(0, name.find('-'));
  if (kind == "flow") name = name.substr(0, name.rfind(':'));
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return std::string(name);
}

v1::Incident IncidentFromRow(const SqliteStatement& row) {
  v1::Incident incident;
  incident.set_number(row.Int(0));
  incident.set_origin(row.Text(1));
  incident.set_run(row.Text(2));
  incident.set_subject(row.Text(3));
  incident.set_device(DeviceOf(incident.subject()));
  incident.set_kind(row.Text(4));
  incident.set_severity(static_cast<v1::Severity>(row.Int(5)));
  incident.set_from_ns(row.Int(6));
  incident.set_to_ns(row.Int(7));
  incident.set_windows(static_cast<uint64_t>(row.Int(8)));
  incident.set_probability(static_cast<float>(row.Real(9)));
  incident.set_model(row.Text(10));
  incident.set_version(row.Text(11));
  incident.set_evidence(row.Text(12));
  incident.set_revision(row.Int(13));
  return incident;
}

absl::StatusOr<StorePosition> ReadNewestIncident(SqliteDatabase* database) {
  auto select = database->Prepare("SELECT id, incident_changes FROM store");
  if (!select.ok()) return select.status();
  auto row = select->Step();
  if (!row.ok()) return row.status();
  return StorePosition{select->Int(0), select->Int(1)};
}

}  // namespace

absl::StatusOr<std::vector<v1::Incident>> VerdictStore::ListIncidents(const IncidentQuery& query) {
  Conditions conditions = Fitting(query.filter);
  if (query.from_ns) conditions.Add("to_ns > ?", {*query.from_ns});
  if (query.to_ns) conditions.Add("from_ns < ?", {*query.to_ns});
  if (query.after) {
    conditions.Add("(from_ns, incident.number) < (?, ?)",
                   {query.after->from_ns, query.after->number});
  }
  const auto lease = Read();
  auto select = lease.database->Prepare(absl::StrCat(
      kSelect, conditions.sql(), " ORDER BY from_ns DESC, incident.number DESC LIMIT ?"));
  if (!select.ok()) return select.status();
  const int bound = conditions.Bind(&*select);
  select->Bind(bound + 1, static_cast<int64_t>(query.limit));
  std::vector<v1::Incident> incidents;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return incidents;
    incidents.push_back(IncidentFromRow(*select));
  }
}

absl::StatusOr<IncidentChanges> VerdictStore::ReadIncidentsBehind(int64_t change,
                                                                  const IncidentFilter& filter,
                                                                  size_t limit) {
  Conditions conditions = Fitting(filter);
  conditions.Add("change > ?", {change});
  const auto lease = Read();
  // Before the rows, which may be newer, but never older.
  auto newest = ReadNewestIncident(lease.database);
  if (!newest.ok()) return newest.status();
  auto select =
      lease.database->Prepare(absl::StrCat(kSelect, conditions.sql(), " ORDER BY change LIMIT ?"));
  if (!select.ok()) return select.status();
  const int bound = conditions.Bind(&*select);
  select->Bind(bound + 1, static_cast<int64_t>(limit));
  IncidentChanges changes{{}, {newest->store_id, change}};
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    changes.incidents.push_back(IncidentFromRow(*select));
    changes.position.number = select->Int(14);
  }
  if (changes.incidents.size() < limit) {
    changes.position.number = std::max(changes.position.number, newest->number);
  }
  return changes;
}

absl::StatusOr<StorePosition> VerdictStore::NewestIncident() {
  const auto lease = Read();
  return ReadNewestIncident(lease.database);
}

}  // namespace silhouette
