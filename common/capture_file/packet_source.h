#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/parse/packet.h"

namespace silhouette {

// Packets that came together.
struct PacketBlock {
  static constexpr size_t kMaxPackets = 32;

  // Their bytes live until the source's next Read.
  std::span<const RawPacket> packets;
  // Nothing follows. Without it, a block without packets says that a live source or a pipe is
  // silent: what came before is not to wait for more.
  bool end = false;
};

// Where packets come from. Used from one thread, but for the progress.
class PacketSource {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  virtual ~PacketSource() = default;

  // The next packets, at most PacketBlock::kMaxPackets. A live source or a pipe waits a tenth of a
  // second at most, then returns a block without packets. After an error nothing follows.
  // Errors: DATA_LOSS (cut or damaged from here on), UNAVAILABLE (the interface went away); what
  // came before is good.
  virtual absl::StatusOr<PacketBlock> Read() = 0;

  // Asks a live source to end: what was captured already still comes, then the end. False, and
  // nothing happens, for a source that ends by itself.
  virtual bool Finish() { return false; }

  // ns since the Unix epoch: every packet older than this has come. kNever where only the packets
  // themselves tell.
  virtual int64_t quiet_until_ns() const { return kNever; }

  // As far as the source has said up to the last packet.
  virtual SourceLoss loss() const { return {}; }

  // What could not be read although reading went on, in words for people; empty without. Once the
  // end was given.
  virtual std::string trouble() const { return ""; }

  // Bytes read so far and in all, compressed as they are; 0 where unknown. From any thread.
  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t bytes_total() const = 0;
};

}  // namespace silhouette
