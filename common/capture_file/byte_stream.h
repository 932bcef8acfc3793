#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/capture_file/mapped_file.h"

namespace silhouette {

// Bytes in their order: a file, standard input, or what one of these unpacks to.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Reads up to `size` bytes to `to`; 0 only at the end, for now where it grows. Errors:
  // UNAVAILABLE (reading failed), DATA_LOSS (compressed data is cut or damaged; what came before is
  // good).
  virtual absl::StatusOr<size_t> Read(uint8_t* to, size_t size) = 0;

  // Bytes taken from the file itself, compressed as they are; for progress. From any thread.
  virtual uint64_t bytes_read() const = 0;

  // More may follow behind the end.
  virtual bool grows() const { return false; }
};

// The bytes of an open file or pipe; closes it. `name` is for messages.
std::unique_ptr<ByteStream> ReadDescriptor(int descriptor, std::string name);

// True for a file's first bytes, four where it has them, when they are gzip's (RFC 1952) or zstd's
// (RFC 8878).
bool IsPacked(std::string_view first);

// What packed bytes may cost.
struct UnpackLimits {
  // A zstd frame may ask for any window, which is kept in memory: at most two to this, bytes. 27 is
  // what `zstd --long` makes without further flags, 23 what its levels up to 19 do.
  int zstd_window_log = 27;
  // What gives more than so many times its own bytes is refused once it has given these; 0: nothing
  // is. Real captures pack to a tenth, those of one packet over and over to a few hundredths.
  uint64_t most_ratio = 0;
  uint64_t free_bytes = uint64_t{256} << 20;
};
// For what anybody may hand in, many at a time.
inline constexpr UnpackLimits kHandedIn{.zstd_window_log = 23};

// `stream` unpacked if it is packed (several gzip members too), else as it is.
absl::StatusOr<std::unique_ptr<ByteStream>> Unpack(std::unique_ptr<ByteStream> stream,
                                                   const std::string& name,
                                                   UnpackLimits limits = {});

// Pieces of a stream or of a mapped file that lie in one block of memory.
class BufferedBytes {
 public:
  explicit BufferedBytes(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
  // `name` is for messages.
  BufferedBytes(std::unique_ptr<MappedFile> file, std::string name);

  // Makes at least `size` bytes available, fewer only at the end, without taking them. Returns how
  // many there are; moves what data() points to. Errors: the stream's, the file's.
  absl::StatusOr<size_t> Fill(size_t size);
  const uint8_t* data() const { return begin_; }
  size_t available() const { return static_cast<size_t>(end_ - begin_); }
  // Takes `size` bytes that are available.
  void Take(size_t size) {
    begin_ += size;
    offset_ += size;
  }
  // Errors: DATA_LOSS when some bytes that were available were not the file's, as it was cut.
  absl::Status Check() const;
  // Unpacked bytes taken so far.
  uint64_t offset() const { return offset_; }
  // Bytes of the file itself brought in so far, compressed as they are. From any thread.
  uint64_t bytes_read() const {
    return stream_ != nullptr ? stream_->bytes_read() : mapped_.load(std::memory_order_relaxed);
  }

 private:
  absl::StatusOr<size_t> FillFromFile(size_t size);
  absl::StatusOr<size_t> FillFromStream(size_t size);

  const std::unique_ptr<ByteStream> stream_;
  const std::unique_ptr<MappedFile> file_;  // one of the two
  const std::string name_;
  std::unique_ptr<uint8_t[]> buffer_;  // of a stream
  size_t capacity_ = 0;
  const uint8_t* begin_ = nullptr;
  const uint8_t* end_ = nullptr;
  std::atomic<uint64_t> mapped_ = 0;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace silhouette
