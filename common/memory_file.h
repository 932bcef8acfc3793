#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace silhouette {

// A file without a disk, for libraries that read what they need from a path. Not thread-safe; who
// reads the path may do so at any time, and gets one whole content.
class MemoryFile {
 public:
  // Errors: what memfd_create gives.
  static absl::StatusOr<std::unique_ptr<MemoryFile>> Create(const std::string& name);
  // Leaves the file open: a library may look at the path to the end of the process, and must not
  // find another file there.
  ~MemoryFile() = default;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const std::string& path() const { return path_; }
  // What the path leads to from now on; newlines fill it up to the longest content so far.
  absl::Status Replace(std::string_view content);

 private:
  MemoryFile(int shown, int now, int next);

  const std::string path_;  // of shown_
  const int shown_;         // a second descriptor of the content now
  int now_, next_;          // taking turns
  size_t longest_ = 0;
};

}  // namespace silhouette
