#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "capture-svc/packet.h"

namespace silhouette {

// Where packets come from. Used from one thread, but for the progress.
class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // The next packet into `packet`, whose bytes live until the next call; false at the end.
  // Errors: DATA_LOSS (cut or damaged from here on; what came before is good).
  virtual absl::StatusOr<bool> Next(RawPacket* packet) = 0;

  // As far as the source has said up to the last packet.
  virtual SourceLoss loss() const { return {}; }

  // Bytes read so far and in all, compressed as they are; 0 where unknown. From any thread.
  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t bytes_total() const = 0;
};

}  // namespace silhouette
