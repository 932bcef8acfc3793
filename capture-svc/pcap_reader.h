#pragma once

#include <memory>
#include <string>

#include "capture-svc/byte_stream.h"
#include "capture-svc/packet_source.h"
#include "capture-svc/pcap_format.h"

namespace silhouette {

// Reads pcap records from a stream, in constant memory.
class PcapReader : public PacketSource {
 public:
  // `bytes` stands behind the file header that `format` was read from.
  PcapReader(std::string name, PcapFormat format, std::unique_ptr<BufferedBytes> bytes,
             uint64_t bytes_total)
      : name_(std::move(name)),
        format_(format),
        bytes_(std::move(bytes)),
        bytes_total_(bytes_total) {}

  absl::StatusOr<bool> Next(RawPacket* packet) override;
  uint64_t bytes_read() const override { return bytes_->bytes_read(); }
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  absl::Status Cut(size_t have, size_t wanted) const;

  const std::string name_;
  const PcapFormat format_;
  const std::unique_ptr<BufferedBytes> bytes_;
  const uint64_t bytes_total_;
  size_t to_take_ = 0;  // bytes of the record before, still needed by its packet
  uint64_t packets_ = 0;
};

}  // namespace silhouette
