#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/link_sender.h"
#include "common/tls_credentials.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette::bench {

// Full packet batches of a run without an end, which goes through the packets of a flood again and
// again, each time later.
class BatchLoop {
 public:
  BatchLoop();

  // Begins a run.
  void Restart();
  // Good until the next call.
  const v1::PacketBatch& Next();

  size_t batch_packets() const { return batch_packets_; }
  // On the wire, in the mean.
  double batch_bytes() const { return batch_bytes_; }

 private:
  std::vector<v1::PacketBatch> batches_;
  size_t batch_packets_ = 0;
  double batch_bytes_ = 0;
  int64_t length_ns_ = 0;
  uint64_t sent_ = 0;
};

// A sender of packet batches alone, and a receiver that acks each as it comes, over a TCP
// connection of this machine.
class SenderRuns {
 public:
  SenderRuns(TlsCredentials* tls, const LinkOptions& link);
  ~SenderRuns();

  // Sends so many batches over a stream of their own and waits until all are acked. Returns their
  // packets. Ends the bench where that fails.
  uint64_t Send(size_t batches, BatchLoop* loop);

  // The most that the sender held, in bytes.
  size_t held() const { return held_; }

 private:
  struct Receiver;

  const LinkOptions link_;
  const std::unique_ptr<Receiver> receiver_;
  size_t held_ = 0;
};

}  // namespace silhouette::bench
