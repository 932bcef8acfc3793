#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "common/batch_packets.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// What the sending half of a link knows of one run: how far it was offered to a receiver, how far
// it is settled, and what a new stream has to be told. Not thread-safe.
class LinkRun {
 public:
  // Batch `sequence` of so many packets is to be sent, for the first time or again.
  void Offer(uint64_t sequence, uint64_t packets);

  // Takes in what the receiver says; returns it with counts since the run began. Nothing for an ack
  // of what was not offered, or that counts more packets: it changes nothing.
  std::optional<v1::Ack> Settle(const v1::Ack& ack);
  void SettleUpTo(uint64_t sequence);

  // A batch is gone: one with these packets, before it was settled or after.
  void Drop(uint64_t sequence, const BatchPackets& packets);

  // A new stream begins. Returns how many packets had to be given up, as their batches are gone and
  // were not settled.
  uint64_t GoOn();
  // On this stream, from an earlier one.
  bool goes_on() const { return goes_on_; }
  // For such a run: brings the header, which is as it came, to what the new stream has to be told.
  void Prepare(v1::BatchHeader* header) const;

  // The sequence that ends the run.
  void EndWith(uint64_t sequence) { end_ = sequence; }
  bool is_over() const { return end_ != 0 && settled_ >= end_; }

  uint64_t settled() const { return settled_; }
  // Windows to come look back to packets as new as that.
  bool NeedsAsContext(const BatchPackets& packets) const {
    return packets.newest_ns != BatchPackets::kNone && packets.newest_ns >= keep_from_ns_;
  }

  // How far it is settled, as the receiver would say it.
  v1::Ack Told(const std::string& origin, const std::string& run) const;

 private:
  // What a new stream is told.
  struct Base {
    uint64_t settled = 0;
    std::optional<int64_t> settled_until_ns;
    std::optional<int64_t> complete_from_ns;
    v1::Accounting decided;
  };

  // Of all packets up to `sequence`, which was offered.
  uint64_t PacketsUpTo(uint64_t sequence) const {
    return sequence <= settled_ ? settled_packets_ : unsettled_packets_[sequence - settled_ - 1];
  }

  uint64_t offered_ = 0;  // the highest sequence
  uint64_t offered_packets_ = 0;
  uint64_t settled_ = 0;
  v1::Accounting decided_;  // up to there, since the run began
  // Packets up to each batch that was offered and is not settled, and up to the settled ones.
  std::deque<uint64_t> unsettled_packets_;
  uint64_t settled_packets_ = 0;
  std::optional<int64_t> settled_until_ns_;
  int64_t keep_from_ns_ = BatchPackets::kNone;
  std::optional<int64_t> complete_from_ns_;  // where batches are gone
  // Batches that are gone and were not settled: sequence and packets.
  std::deque<std::pair<uint64_t, uint64_t>> lost_;
  uint64_t end_ = 0;  // 0: not known yet
  bool goes_on_ = false;
  Base base_;
};

}  // namespace silhouette
