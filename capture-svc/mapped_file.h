#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"

namespace silhouette {

// A file in memory, its pages brought in a stretch at a time, so that a file that shrinks while it
// is read gives an error and no signal.
class MappedFile {
 public:
  // Nothing where the file cannot be mapped (a pipe, an empty file, a kernel older than 5.14).
  // Does not take the descriptor.
  static std::unique_ptr<MappedFile> Map(int descriptor);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  uint64_t size() const { return size_; }
  // Bytes from the start that may be touched.
  uint64_t ready() const { return ready_; }
  // Makes the next stretch ready. Errors: DATA_LOSS (the file is shorter than it was).
  absl::Status Advance();

 private:
  MappedFile(const uint8_t* data, uint64_t size) : data_(data), size_(size) {}

  const uint8_t* const data_;
  const uint64_t size_;
  uint64_t ready_ = 0;
};

}  // namespace silhouette
