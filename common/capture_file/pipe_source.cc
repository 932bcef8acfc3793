#include "common/capture_file/pipe_source.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};

}  // namespace

WaitForBytes WaitForDescriptor(int descriptor) {
  return [descriptor](std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    pollfd pipe{descriptor, POLLIN, 0};
    int ready;
    do {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      ready = poll(&pipe, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    } while (ready < 0 && errno == EINTR);
    return ready != 0;  // who reads it learns what is wrong, if anything is
  };
}

// The time runs on while bytes trickle in: packets are not to wait because others follow.
absl::StatusOr<size_t> PipeStream::Read(uint8_t* to, size_t size) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(silent_at_ + kLongestWait - Steady::now());
    if (wait_(std::max(left, std::chrono::milliseconds(0)))) return stream_->Read(to, size);
    silent_at_ = Steady::now();
    if (tells_silence_) {
      return absl::DeadlineExceededError(absl::StrCat(name_, ": nothing there for now"));
    }
    if (give_up_ && give_up_()) {
      return absl::CancelledError(absl::StrCat(name_, ": stopped before it was read"));
    }
  }
}

// The readers keep what they have of a packet, and go on with it.
absl::StatusOr<PacketBlock> PipeSource::Read() {
  absl::StatusOr<PacketBlock> block = source_->Read();
  if (absl::IsDeadlineExceeded(block.status())) return PacketBlock{};
  ended_ = !block.ok() || block->end;
  return block;
}

}  // namespace silhouette
