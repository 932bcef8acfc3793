#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture-svc/source/open_interface.h"
#include "capture-svc/source/wide_counter.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// Reads packets from an interface, in constant memory. Used from one thread, but for the progress.
class LiveSource : public PacketSource {
 public:
  // ns since the Unix epoch, as the kernel stamps packets.
  using Clock = std::function<int64_t()>;

  // A packet that came this long ago lies where it can be read. The kernel says that a block's
  // time-out may be exceeded: it hands an unfilled one over at the second tick of its timer.
  static constexpr std::chrono::milliseconds kSettled = 4 * kBlockTimeout;

  // Errors as OpenLiveInterface.
  static absl::StatusOr<std::unique_ptr<LiveSource>> Open(const LiveOptions& options,
                                                          Clock clock = SystemClock);

  absl::StatusOr<PacketBlock> Read() override;
  // The end comes kSettled after it. Loses nothing that the kernel has accepted until then, and
  // takes nothing that comes after.
  bool Finish() override;
  int64_t quiet_until_ns() const override { return quiet_until_ns_; }
  SourceLoss loss() const override { return loss_; }
  uint64_t bytes_read() const override { return bytes_read_.load(std::memory_order_relaxed); }
  uint64_t bytes_total() const override { return 0; }

  // What the system refused without need for an error, for people; empty without.
  const std::string& warning() const { return opened_.warning; }

 private:
  using Steady = std::chrono::steady_clock;

  LiveSource(const LiveOptions& options, OpenInterface opened, Clock clock);
  static int64_t SystemClock();
  static void TakePacket(u_char* self, const pcap_pkthdr* header, const u_char* bytes);

  // Takes what can be read without waiting; returns how many packets.
  size_t TakeReady();
  // Until there is something to read, for a tenth of a second at most.
  void Wait();
  // What to return when nothing came.
  absl::StatusOr<PacketBlock> Silence();
  PacketBlock End();
  // Why nothing may come any more; empty while all is well.
  std::string FindTrouble() const;
  void UpdateLoss();

  const std::string name_;
  const OpenInterface opened_;
  pcap_t* const handle_;
  const Clock clock_;
  const size_t snap_length_;
  const unsigned index_;  // 0 for all interfaces

  std::vector<uint8_t> bytes_;  // snap_length_ for each packet
  std::array<RawPacket, PacketBlock::kMaxPackets> packets_;
  size_t count_ = 0;
  std::atomic<uint64_t> bytes_read_{0};

  Steady::time_point taken_at_{};  // when TakeReady last began
  std::string read_error_;
  int64_t quiet_until_ns_ = kNever;
  std::optional<Steady::time_point> trouble_since_;
  std::optional<Steady::time_point> finish_at_;
  bool door_closed_ = false;  // the kernel takes no more packets
  bool ended_ = false;

  WideCounter kernel_dropped_;
  WideCounter interface_dropped_;
  SourceLoss loss_;
  Steady::time_point loss_at_{};
};

}  // namespace silhouette
