#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace silhouette {

// The folder of captures that wait to be run, a file for each job, and what they may take of the
// disk together. Thread-safe.
class Spool {
 public:
  // A job's part of it; its file goes with it. The spool must outlive it.
  class Share {
   public:
    Share(Spool* spool, std::string path) : spool_(spool), path_(std::move(path)) {}
    ~Share();
    const std::string& path() const { return path_; }
    // The file has grown to so many bytes. Errors: RESOURCE_EXHAUSTED (all together are too many).
    absl::Status Grow(uint64_t bytes);
    // The file stays, for the next start.
    void Keep() { keeps_ = true; }

   private:
    Spool* const spool_;
    const std::string path_;
    uint64_t bytes_ = 0;
    bool keeps_ = false;
  };

  // Makes the folder if it is missing, for its owner alone. `quota`: bytes of all shares.
  // Errors: PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<Spool>> Open(const std::string& folder, uint64_t quota);

  // A part for a job: a file of this name.
  std::shared_ptr<Share> Add(const std::string& name);
  // Deletes the files of jobs that are not to be kept, and none that is no job's.
  void Tidy(const std::function<bool(const std::string& name)>& keeps) const;

  uint64_t bytes() const { return bytes_; }
  bool is_full() const { return bytes_ >= quota_; }

 private:
  Spool(std::string folder, uint64_t quota) : folder_(std::move(folder)), quota_(quota) {}

  const std::string folder_;
  const uint64_t quota_;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace silhouette
