#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace silhouette {

// Bytes in their order: a file, standard input, or what one of these unpacks to.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Reads up to `size` bytes to `to`; 0 only at the end. Errors: UNAVAILABLE (reading failed),
  // DATA_LOSS (compressed data is cut or damaged; what came before is good).
  virtual absl::StatusOr<size_t> Read(uint8_t* to, size_t size) = 0;

  // Bytes taken from the file itself, compressed as they are; for progress. From any thread.
  virtual uint64_t bytes_read() const = 0;
};

// The bytes of an open file or pipe; closes it. `name` is for messages.
std::unique_ptr<ByteStream> ReadDescriptor(int descriptor, std::string name);

// `stream` unpacked if its first bytes are gzip's (RFC 1952, several members too) or zstd's (RFC
// 8878), else as it is.
absl::StatusOr<std::unique_ptr<ByteStream>> Unpack(std::unique_ptr<ByteStream> stream,
                                                   const std::string& name);

// Reads a stream in pieces that lie in one block of memory.
class BufferedBytes {
 public:
  explicit BufferedBytes(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  // Makes at least `size` bytes available, fewer only at the end, without taking them. Returns how
  // many there are; data() points to them until the next call. Errors: the stream's.
  absl::StatusOr<size_t> Fill(size_t size);
  const uint8_t* data() const { return buffer_.get() + begin_; }
  // Takes `size` bytes that Fill made available.
  void Take(size_t size) {
    begin_ += size;
    offset_ += size;
  }
  // Unpacked bytes taken so far.
  uint64_t offset() const { return offset_; }
  uint64_t bytes_read() const { return stream_->bytes_read(); }

 private:
  const std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace silhouette
