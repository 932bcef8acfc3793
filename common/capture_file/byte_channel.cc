#include "common/capture_file/byte_channel.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"

namespace silhouette {
namespace {

class ChannelStream : public ByteStream {
 public:
  explicit ChannelStream(std::shared_ptr<ByteChannel> channel) : channel_(std::move(channel)) {}
  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    return channel_->Read(to, size);
  }
  uint64_t bytes_read() const override { return channel_->bytes_read(); }

 private:
  const std::shared_ptr<ByteChannel> channel_;
};

}  // namespace

std::unique_ptr<ByteStream> ReadChannel(std::shared_ptr<ByteChannel> channel) {
  return std::make_unique<ChannelStream>(std::move(channel));
}

bool ByteChannel::Write(std::string piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return unread_bytes_ < kEnoughBytes || abandoned_; });
  if (abandoned_) return false;
  if (piece.empty()) return true;
  unread_bytes_ += piece.size();
  pieces_.push_back(std::move(piece));
  changed_.notify_all();
  return true;
}

void ByteChannel::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool ByteChannel::is_closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

bool ByteChannel::WaitForBytes(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return has_news(); });
}

absl::StatusOr<size_t> ByteChannel::Read(uint8_t* to, size_t size) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_news(); });
  if (abandoned_) return absl::CancelledError("nobody reads it any more");
  size_t count = 0;
  while (count < size && !pieces_.empty()) {
    const std::string& first = pieces_.front();
    const size_t more = std::min(size - count, first.size() - taken_);
    std::memcpy(to + count, first.data() + taken_, more);
    count += more;
    taken_ += more;
    if (taken_ < first.size()) break;
    pieces_.pop_front();
    taken_ = 0;
  }
  unread_bytes_ -= count;
  bytes_read_ += count;
  changed_.notify_all();
  return count;
}

void ByteChannel::Abandon() {
  std::lock_guard lock(mutex_);
  abandoned_ = true;
  pieces_.clear();
  taken_ = unread_bytes_ = 0;
  changed_.notify_all();
}

}  // namespace silhouette
