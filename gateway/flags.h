#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/options.h"
#include "gateway/job_manager.h"
#include "gateway/retention.h"

namespace silhouette {

struct StoreFlags {
  std::string store = "silhouette.db";
  std::string keep = "90d";
  std::string keep_features = "7d";
  std::string keep_summaries = "800d";
  uint64_t store_bytes = RetentionOptions().store_bytes;
  std::string spool;  // empty: beside the store
  uint64_t spool_bytes = JobOptions().spool_bytes;
  std::string keep_jobs = "30d";
};

// --store and what is kept in it, for how long; --spool and how much that takes.
void AddStoreFlags(CLI::App* app, StoreFlags* flags);

// Errors: INVALID_ARGUMENT naming the flag.
absl::StatusOr<RetentionOptions> MakeRetentionOptions(const StoreFlags& flags);
absl::StatusOr<JobOptions> MakeJobOptions(const StoreFlags& flags);

}  // namespace silhouette
