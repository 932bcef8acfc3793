#pragma once

#include "absl/status/statusor.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// The packets of a source one by one, for readers that need no speed.
class PacketCursor {
 public:
  explicit PacketCursor(PacketSource* source) : source_(source) {}

  // The next packet, whose bytes live until the next call; false at the end. Waits while a live
  // source is silent. Errors: as PacketSource::Read.
  absl::StatusOr<bool> Next(RawPacket* packet) {
    while (next_ == block_.packets.size()) {
      if (block_.end) return false;
      auto block = source_->Read();
      if (!block.ok()) return block.status();
      block_ = *block;
      next_ = 0;
    }
    *packet = block_.packets[next_++];
    return true;
  }

 private:
  PacketSource* const source_;
  PacketBlock block_;
  size_t next_ = 0;
};

}  // namespace silhouette
