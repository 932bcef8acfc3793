#pragma once

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// A file that appears under its own name only once it is whole. Write to path(), close it, call
// Publish. What was not published is removed when this goes.
class PartialFile {
 public:
  explicit PartialFile(std::string target);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }  // the target's name and ".partial"
  absl::Status Publish();                            // replaces the target

 private:
  std::string target_;
  std::string path_;
  bool published_ = false;
};

}  // namespace silhouette
