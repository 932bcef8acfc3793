#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"

namespace silhouette {

// A file in memory, its pages brought in a stretch at a time. When the file shrinks while it is
// read, what is gone reads as zeros, and Check says so: without that, the first look at it would
// end the process (SIGBUS). The handler for that signal is installed with the first file, and
// leaves other causes to end it.
class MappedFile {
 public:
  // Nothing where the file cannot be mapped (a pipe, an empty file, a kernel older than 5.14, more
  // than kMaxFiles at a time). Does not take the descriptor.
  static std::unique_ptr<MappedFile> Map(int descriptor);
  static constexpr int kMaxFiles = 128;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  uint64_t size() const { return size_; }
  // Bytes from the start that are brought in.
  uint64_t ready() const { return ready_; }
  // Makes the next stretch ready. Errors: DATA_LOSS (the file is shorter than it was).
  absl::Status Advance();
  // Errors: DATA_LOSS (some of what was read so far was gone, and zeros instead).
  absl::Status Check() const;

  // Memory in which a missing page becomes zeros.
  struct Guarded {
    std::atomic<uintptr_t> begin = 0;  // 0: free
    std::atomic<uintptr_t> end = 0;
    std::atomic<bool> was_cut = false;
  };

 private:
  MappedFile(const uint8_t* data, uint64_t size, Guarded* guarded)
      : data_(data), size_(size), guarded_(guarded) {}

  const uint8_t* const data_;
  const uint64_t size_;
  Guarded* const guarded_;
  uint64_t ready_ = 0;
};

}  // namespace silhouette
