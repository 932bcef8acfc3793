#pragma once

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

  // In the order in which they came.
  absl::StatusOr<std::vector<v1::Job>> Read() const;
  // Adds it, or replaces what is known of it.
  absl::Status Put(const v1::Job& job);
  absl::Status Delete(const std::string& id);

 private:
  VerdictStore* const store_;
};

}  // namespace silhouette
