#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_stream.h"

namespace silhouette {

// Bytes that one thread gives and another one reads, in pieces as they come. It holds few, so that
// who gives them waits for who reads them.
class ByteChannel {
 public:
  // From so many unread bytes on, Write waits.
  static constexpr size_t kEnoughBytes = 256 << 10;

  // False when nobody reads any more; then the piece is dropped.
  bool Write(std::string piece);
  // Nothing follows.
  void Close();
  bool is_closed() const;

  // Waits at most so long; true once there are bytes, or the end of them.
  bool WaitForBytes(std::chrono::milliseconds patience);
  // Reads up to `size` bytes to `to`, waiting for the first; 0 only at the end. Errors: CANCELLED
  // (abandoned).
  absl::StatusOr<size_t> Read(uint8_t* to, size_t size);
  uint64_t bytes_read() const { return bytes_read_; }

  // Nobody reads any more: forgets what is unread, and lets Write return. From any thread.
  void Abandon();

 private:
  bool has_news() const { return !pieces_.empty() || closed_ || abandoned_; }  // under mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;  // none is empty; guarded by mutex_
  size_t taken_ = 0;                // of the first piece; guarded by mutex_
  size_t unread_bytes_ = 0;         // guarded by mutex_
  bool closed_ = false;             // guarded by mutex_
  bool abandoned_ = false;          // guarded by mutex_
  std::atomic<uint64_t> bytes_read_ = 0;
};

// What comes through a channel, as a stream.
std::unique_ptr<ByteStream> ReadChannel(std::shared_ptr<ByteChannel> channel);

}  // namespace silhouette
