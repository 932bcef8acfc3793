#pragma once

#include <array>
#include <memory>
#include <string>

#include "common/capture_file/byte_stream.h"
#include "common/capture_file/packet_source.h"
#include "common/capture_file/pcap_format.h"

namespace silhouette {

// Reads pcap records, in constant memory.
class PcapReader : public PacketSource {
 public:
  // `bytes` stands behind the file header that `format` was read from.
  PcapReader(std::string name, PcapFormat format, std::unique_ptr<BufferedBytes> bytes,
             uint64_t bytes_total)
      : name_(std::move(name)),
        format_(format),
        bytes_(std::move(bytes)),
        bytes_total_(bytes_total) {
    for (RawPacket& packet : packets_) packet.link_type = format.link_type;
  }

  absl::StatusOr<PacketBlock> Read() override;
  uint64_t bytes_read() const override { return bytes_->bytes_read(); }
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  // Fills packets_ from what lies in memory; returns how many.
  size_t ReadBuffered();
  // Brings the next record whole into memory; false at the end. Errors: DATA_LOSS.
  absl::StatusOr<bool> FetchRecord();
  absl::Status Cut(size_t have, size_t wanted) const;

  const std::string name_;
  const PcapFormat format_;
  const std::unique_ptr<BufferedBytes> bytes_;
  const uint64_t bytes_total_;
  std::array<RawPacket, PacketBlock::kMaxPackets> packets_;
  size_t to_take_ = 0;  // bytes of the block before, still needed by its packets
  uint64_t packets_read_ = 0;
};

}  // namespace silhouette
