// VerdictStore's counts by the hour.

#include <map>

#include "gateway/store.h"

namespace silhouette {
namespace {

// Classes have numbers of their own in each version of a model, and names in all.
constexpr char kHours[] =
    "SELECT model.name, hour, model.id, model.head, class_index, SUM(windows) "
    "FROM hour JOIN model ON model.id = model_id "
    "WHERE subject_id = (SELECT id FROM subject WHERE name = ?1) AND (?2 = 0 OR run_id = ?2) "
    "AND (?3 = '' OR model.name = ?3) AND hour >= ?4 AND hour < ?5 "
    "GROUP BY model.name, hour, model.id, class_index ORDER BY model.name, hour";

// The first hour that begins at or after a time.
int64_t HourFrom(int64_t ns) { return ns / kHourNs + (ns % kHourNs > 0 ? 1 : 0); }

}  // namespace

absl::StatusOr<std::vector<StoredHour>> VerdictStore::ReadHours(int64_t run_id,
                                                                const std::string& subject,
                                                                const std::string& model,
                                                                int64_t from_ns, int64_t to_ns) {
  const auto lease = Read();
  auto select = lease.database->Prepare(kHours);
  if (!select.ok()) return select.status();
  select->Bind(1, std::string_view(subject)).Bind(2, run_id).Bind(3, std::string_view(model));
  select->Bind(4, HourFrom(from_ns)).Bind(5, HourFrom(to_ns));
  std::map<int64_t, v1::ModelHead> heads;
  std::vector<StoredHour> hours;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return hours;
    auto [head, is_new] = heads.try_emplace(select->Int(2));
    if (is_new) head->second.ParseFromString(select->Text(3));
    hours.push_back({select->Text(0), select->Int(1) * kHourNs,
                     head->second.classes(static_cast<int>(select->Int(4))),
                     static_cast<uint64_t>(select->Int(5))});
  }
}

}  // namespace silhouette
