#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// The values of the label `source` of a process's metrics. Interfaces and folders are told apart by
// their origin, as long as there are few; every file and every job has a name of its own, so that
// those are counted together. Thread-safe.
class SourceLabels {
 public:
  static constexpr size_t kMost = 32;  // as kSourceLabel says

  std::string Of(v1::SourceKind kind, const std::string& origin) {
    if (kind == v1::SOURCE_KIND_FILE) return "files";
    if (kind == v1::SOURCE_KIND_SUBMITTED) return "jobs";
    if (kind != v1::SOURCE_KIND_INTERFACE && kind != v1::SOURCE_KIND_FOLDER) return "other";
    std::lock_guard lock(mutex_);
    if (origins_.size() < kMost) origins_.insert(origin);
    return origins_.contains(origin) ? origin : "other";
  }
  std::string Of(const v1::BatchHeader& header) {
    return Of(header.source_kind(), header.origin());
  }

 private:
  std::mutex mutex_;
  std::set<std::string> origins_;  // guarded by mutex_
};

}  // namespace silhouette
