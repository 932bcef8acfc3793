#include "common/capture_file/byte_stream.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/capture_file/unpack.h"

namespace silhouette {
namespace {

class DescriptorStream : public ByteStream {
 public:
  DescriptorStream(int descriptor, std::string name)
      : descriptor_(descriptor), name_(std::move(name)) {}
  ~DescriptorStream() override { close(descriptor_); }

  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    ssize_t got;
    do {
      got = read(descriptor_, to, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      return absl::UnavailableError(absl::StrCat(name_, ": reading failed behind byte ",
                                                 bytes_read(), ": ", std::strerror(errno)));
    }
    bytes_read_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
  }
  uint64_t bytes_read() const override { return bytes_read_; }

 private:
  const int descriptor_;
  const std::string name_;
  std::atomic<uint64_t> bytes_read_ = 0;
};

// Gives bytes that were read ahead once more, then goes on with the stream.
class PushedBackStream : public ByteStream {
 public:
  PushedBackStream(std::string first, std::unique_ptr<ByteStream> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    if (given_ == first_.size()) return rest_->Read(to, size);
    const size_t count = std::min(size, first_.size() - given_);
    std::memcpy(to, first_.data() + given_, count);
    given_ += count;
    return count;
  }
  uint64_t bytes_read() const override { return rest_->bytes_read(); }
  bool grows() const override { return rest_->grows(); }

 private:
  const std::string first_;
  const std::unique_ptr<ByteStream> rest_;
  size_t given_ = 0;
};

bool IsGzip(std::string_view first) { return first.starts_with("\x1f\x8b"); }
bool IsZstd(std::string_view first) { return first.starts_with("\x28\xb5\x2f\xfd"); }

}  // namespace

bool IsPacked(std::string_view first) { return IsGzip(first) || IsZstd(first); }

std::unique_ptr<ByteStream> ReadDescriptor(int descriptor, std::string name) {
  return std::make_unique<DescriptorStream>(descriptor, std::move(name));
}

absl::StatusOr<std::unique_ptr<ByteStream>> Unpack(std::unique_ptr<ByteStream> stream,
                                                   const std::string& name, UnpackLimits limits) {
  std::string first(4, '\0');
  size_t have = 0;
  while (have < first.size()) {
    auto got = stream->Read(reinterpret_cast<uint8_t*>(first.data()) + have, first.size() - have);
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    have += *got;
  }
  first.resize(have);
  auto whole = std::make_unique<PushedBackStream>(first, std::move(stream));
  if (IsGzip(first)) return UnpackGzip(std::move(whole), name, limits);
  if (IsZstd(first)) return UnpackZstd(std::move(whole), name, limits);
  return whole;
}

BufferedBytes::BufferedBytes(std::unique_ptr<MappedFile> file, std::string name)
    : file_(std::move(file)),
      name_(std::move(name)),
      begin_(file_->data()),
      end_(file_->data() + file_->ready()),
      mapped_(file_->ready()) {}

absl::StatusOr<size_t> BufferedBytes::Fill(size_t size) {
  if (available() >= size) return available();
  return file_ != nullptr ? FillFromFile(size) : FillFromStream(size);
}

absl::Status BufferedBytes::Check() const {
  if (file_ == nullptr) return absl::OkStatus();
  absl::Status status = file_->Check();
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(name_, ": ", std::string(status.message())));
}

absl::StatusOr<size_t> BufferedBytes::FillFromFile(size_t size) {
  while (available() < size && file_->ready() < file_->size()) {
    if (absl::Status status = file_->Advance(); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(name_, ": ", std::string(status.message())));
    }
    end_ = file_->data() + file_->ready();
    mapped_ = file_->ready();
  }
  return available();
}

absl::StatusOr<size_t> BufferedBytes::FillFromStream(size_t size) {
  constexpr size_t kChunk = 256 << 10;
  while (available() < size && !at_end_) {
    const size_t kept = available();
    const size_t used = static_cast<size_t>(end_ - buffer_.get());
    if (capacity_ < size + kChunk) {
      auto larger = std::make_unique_for_overwrite<uint8_t[]>(size + 2 * kChunk);
      if (kept > 0) std::memcpy(larger.get(), begin_, kept);
      buffer_ = std::move(larger);
      capacity_ = size + 2 * kChunk;
    } else if (capacity_ - used < kChunk) {
      std::memmove(buffer_.get(), begin_, kept);
    } else {
      auto got = stream_->Read(buffer_.get() + used, capacity_ - used);
      if (!got.ok()) return got.status();
      at_end_ = *got == 0 && !stream_->grows();
      if (*got == 0) break;
      end_ += *got;
      continue;
    }
    begin_ = buffer_.get();
    end_ = begin_ + kept;
  }
  return available();
}

}  // namespace silhouette
