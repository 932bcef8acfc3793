#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "capture-svc/source/byte_stream.h"
#include "capture-svc/source/packet_source.h"

namespace silhouette {

// The bytes of a pipe, a socket or a terminal, whose writer may let its reader wait.
class PipeStream : public ByteStream {
 public:
  // `stream` reads `descriptor`. `give_up` is asked ten times a second while there is nothing to
  // read, until TellSilence; nothing: never.
  PipeStream(std::unique_ptr<ByteStream> stream, int descriptor, std::string name,
             std::function<bool()> give_up)
      : stream_(std::move(stream)),
        descriptor_(descriptor),
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
  const int descriptor_;
  const std::string name_;
  const std::function<bool()> give_up_;
  bool tells_silence_ = false;
  Steady::time_point silent_at_ = Steady::now();
};

// The packets of a capture that comes through a pipe. Silent where the pipe is; it ends by itself,
// as a file does.
class PipeSource : public PacketSource {
 public:
  // `source` reads a PipeStream that tells silence.
  explicit PipeSource(std::unique_ptr<PacketSource> source) : source_(std::move(source)) {}

  absl::StatusOr<PacketBlock> Read() override;
  int64_t quiet_until_ns() const override { return source_->quiet_until_ns(); }
  SourceLoss loss() const override { return source_->loss(); }
  std::string trouble() const override { return source_->trouble(); }
  uint64_t bytes_read() const override { return source_->bytes_read(); }
  uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  const std::unique_ptr<PacketSource> source_;
};

}  // namespace silhouette
