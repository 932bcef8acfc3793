#include "gateway/job_table.h"

#include <string_view>

namespace silhouette {

absl::StatusOr<std::vector<v1::Job>> JobTable::Read() const {
  const auto lease = store_->Read();
  auto select = lease.database->Prepare("SELECT job FROM job ORDER BY number");
  if (!select.ok()) return select.status();
  std::vector<v1::Job> jobs;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return jobs;
    if (!jobs.emplace_back().ParseFromString(select->Text(0))) jobs.pop_back();
  }
}

absl::Status JobTable::Put(const v1::Job& job) {
  return store_->Write([&](SqliteDatabase* database) {
    auto put = database->Prepare(
        "INSERT INTO job (id, origin, run, job) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET job = excluded.job");
    if (!put.ok()) return put.status();
    put->Bind(1, std::string_view(job.id())).Bind(2, std::string_view(job.origin()));
    put->Bind(3, std::string_view(job.run())).BindBlob(4, job.SerializeAsString());
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
