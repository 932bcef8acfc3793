#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_stream.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// Waits at most so long; true once there is something to read, or the end of it.
using WaitForBytes = std::function<bool(std::chrono::milliseconds)>;

// For the bytes of a pipe, a socket or a terminal.
WaitForBytes WaitForDescriptor(int descriptor);

// Bytes whose writer may let their reader wait, as those of a pipe.
class PipeStream : public ByteStream {
 public:
  // `stream` does not wait once `wait` has been true. `give_up` is asked ten times a second while
  // there is nothing to read, until TellSilence; nothing: never.
  PipeStream(std::unique_ptr<ByteStream> stream, WaitForBytes wait, std::string name,
             std::function<bool()> give_up)
      : stream_(std::move(stream)),
        wait_(std::move(wait)),
        name_(std::move(name)),
        give_up_(std::move(give_up)) {}

  // Errors: the stream's; CANCELLED (given up); DEADLINE_EXCEEDED once silence is told: nothing is
  // there for now, a tenth of a second after this was told the last time. Reading may go on.
  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override;
  uint64_t bytes_read() const override { return stream_->bytes_read(); }

  // From here on, Read does not wait for long.
  void TellSilence() { tells_silence_ = true; }

 private:
  using Steady = std::chrono::steady_clock;

  const std::unique_ptr<ByteStream> stream_;
  const WaitForBytes wait_;
  const std::string name_;
  const std::function<bool()> give_up_;
  bool tells_silence_ = false;
  Steady::time_point silent_at_ = Steady::now();
};

// The packets of a capture that comes through a pipe: those of the same file, however slowly its
// bytes come. Silent where the pipe is; it ends by itself.
class PipeSource : public PacketSource {
 public:
  // `source` reads a PipeStream that tells silence.
  explicit PipeSource(std::unique_ptr<PacketSource> source) : source_(std::move(source)) {}

  absl::StatusOr<PacketBlock> Read() override;
  // As a file, it is asked at its end alone: before that, one interface's statistics would tell how
  // long it was silent, while older packets of another one follow.
  int64_t quiet_until_ns() const override { return ended_ ? source_->quiet_until_ns() : kNever; }
  SourceLoss loss() const override { return source_->loss(); }
  std::string trouble() const override { return source_->trouble(); }
  uint64_t bytes_read() const override { return source_->bytes_read(); }
  uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  const std::unique_ptr<PacketSource> source_;
  bool ended_ = false;
};

}  // namespace silhouette
