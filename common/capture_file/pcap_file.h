#pragma once

#include <pcap/pcap.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// A pcap or pcapng file through libpcap, with its time stamps in nanoseconds: the oracle that our
// own readers are tested against.
class PcapFile : public PacketSource {
 public:
  // Errors, each naming the file and the remedy: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT
  // (a folder, empty, not a capture).
  static absl::StatusOr<std::unique_ptr<PcapFile>> Open(const std::string& path);

  // One packet a block.
  absl::StatusOr<PacketBlock> Read() override;
  uint64_t bytes_read() const override;
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  struct Closer {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };
  PcapFile(std::string path, pcap_t* handle, uint64_t bytes_total);
  absl::Status ReadError() const;

  const std::string path_;
  const std::unique_ptr<pcap_t, Closer> handle_;
  const uint64_t bytes_total_;
  RawPacket packet_;
  uint64_t packets_ = 0;
};

}  // namespace silhouette
