#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/store.h"
#include "silhouette/v1/job.pb.h"

namespace silhouette {

// The jobs in a store. Errors: the store's.
class JobTable {
 public:
  // `store` must outlive it.
  explicit JobTable(VerdictStore* store) : store_(store) {}

  struct Row {
    v1::Job job;  // without its truth, which may be long
    uint64_t truth_bytes = 0;
  };
  // In the order in which they came.
  absl::StatusOr<std::vector<Row>> Read() const;
  // Empty for none.
  absl::StatusOr<std::string> ReadTruth(const std::string& id) const;
  absl::Status Add(const v1::Job& job, const std::string& truth_csv);
  // Replaces what is known of it; its truth goes once it has_truth no more.
  absl::Status Put(const v1::Job& job);
  absl::Status Delete(const std::string& id);

 private:
  VerdictStore* const store_;
};

}  // namespace silhouette
