#include "gateway/job_table.h"

#include <string_view>
#include <utility>

namespace silhouette {

absl::StatusOr<std::vector<JobTable::Row>> JobTable::Read() const {
  const auto lease = store_->Read();
  auto select =
      lease.database->Prepare("SELECT job, COALESCE(LENGTH(truth), 0) FROM job ORDER BY number");
  if (!select.ok()) return select.status();
  std::vector<Row> rows;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return rows;
    Row job{{}, static_cast<uint64_t>(select->Int(1))};
    if (job.job.ParseFromString(select->Text(0))) rows.push_back(std::move(job));
  }
}

absl::StatusOr<std::string> JobTable::ReadTruth(const std::string& id) const {
  const auto lease = store_->Read();
  auto select = lease.database->Prepare("SELECT truth FROM job WHERE id = ?");
  if (!select.ok()) return select.status();
  select->Bind(1, std::string_view(id));
  auto row = select->Step();
  if (!row.ok()) return row.status();
  return *row ? select->Text(0) : "";
}

absl::Status JobTable::Add(const v1::Job& job, const std::string& truth_csv) {
  return store_->Write([&](SqliteDatabase* database) {
    auto add = database->Prepare(
        "INSERT INTO job (id, origin, run, job, truth) VALUES (?, ?, ?, ?, NULLIF(?, x''))");
    if (!add.ok()) return add.status();
    add->Bind(1, std::string_view(job.id())).Bind(2, std::string_view(job.origin()));
    add->Bind(3, std::string_view(job.run())).BindBlob(4, job.SerializeAsString());
    add->BindBlob(5, truth_csv);
    return add->Run();
  });
}

absl::Status JobTable::Put(const v1::Job& job) {
  return store_->Write([&](SqliteDatabase* database) {
    auto put = database->Prepare(
        "UPDATE job SET job = ?, truth = CASE WHEN ? THEN truth END WHERE id = ?");
    if (!put.ok()) return put.status();
    put->BindBlob(1, job.SerializeAsString()).Bind(2, int64_t{job.has_truth()});
    put->Bind(3, std::string_view(job.id()));
    return put->Run();
  });
}

absl::Status JobTable::Delete(const std::string& id) {
  return store_->Write([&](SqliteDatabase* database) {
    auto remove = database->Prepare("DELETE FROM job WHERE id = ?");
    if (!remove.ok()) return remove.status();
    remove->Bind(1, std::string_view(id));
    return remove->Run();
  });
}

}  // namespace silhouette
