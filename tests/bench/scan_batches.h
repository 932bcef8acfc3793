#pragma once

#include <cstddef>
#include <cstdint>

#include "silhouette/v1/packet.pb.h"

namespace silhouette::bench {

// Packet batches of a scan, as capture-svc makes them: one public host sends a TCP SYN to each
// address of 10.0.0.0/8 in no order, so that each packet is of another flow, conversation and
// device, up to 2^24 of them. 5 µs lie between packets.
class ScanBatches {
 public:
  static constexpr int64_t kStartNs = 1'700'000'000'000'000'000;
  static constexpr size_t kMostPackets = 1 << 24;

  ScanBatches();

  // The next packets, as many as a batch holds but at most so many. Good until the next call.
  const v1::PacketBatch& Next(size_t most);
  // No packets, but that it is this late.
  const v1::PacketBatch& Quiet(int64_t watermark_ns);

  size_t packets() const { return packets_; }

 private:
  void Resize(size_t packets);
  void FillHeader(int64_t watermark_ns);

  size_t packets_ = 0;
  uint64_t sequence_ = 0;
  v1::PacketBatch batch_;
};

}  // namespace silhouette::bench
