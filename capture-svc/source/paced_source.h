#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// How many times as fast as it was captured: "1x", "0.5x", "10"; infinity for "max", which needs no
// pacing. Errors: INVALID_ARGUMENT, with what would be right.
absl::StatusOr<double> ParseSpeed(const std::string& text);

// Gives a recording's packets at the pace of their times, as a live source would: the first at
// once, the others when their turn comes. One whose time lies before those already given does not
// wait.
class PacedSource : public PacketSource {
 public:
  // A clock that only runs forward, and waiting on it; ns. For tests.
  struct Clock {
    std::function<int64_t()> now_ns;
    std::function<void(int64_t ns)> wait;
  };
  static Clock SteadyClock();

  // `speed` is finite and above 0.
  PacedSource(std::unique_ptr<PacketSource> source, double speed, Clock clock = SteadyClock())
      : source_(std::move(source)), speed_(speed), clock_(std::move(clock)) {}

  absl::StatusOr<PacketBlock> Read() override;
  // Up to where the replay is, not beyond the packet that comes next.
  int64_t quiet_until_ns() const override;
  std::string trouble() const override { return source_->trouble(); }
  SourceLoss loss() const override { return source_->loss(); }
  uint64_t bytes_read() const override { return source_->bytes_read(); }
  uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  // The packets whose turn has come, of those that were read.
  PacketBlock TakeDue();
  // What the recording's clock shows.
  int64_t ReplayedNs() const;
  // Time on our clock until the recording's shows `time_ns`; a tenth of a second at most.
  int64_t WaitFor(int64_t time_ns) const;

  const std::unique_ptr<PacketSource> source_;
  const double speed_;
  const Clock clock_;
  PacketBlock block_;  // the source's last
  size_t next_ = 0;    // of its packets
  struct Start {
    int64_t packet_ns;
    int64_t clock_ns;
  };
  std::optional<Start> start_;
  int64_t quiet_until_ns_ = kNever;
};

}  // namespace silhouette
