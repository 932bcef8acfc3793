#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/capture_file/packet_source.h"
#include "common/parse/link_type.h"

namespace silhouette {

// Packets from memory, then the end or an error.
class FakePacketSource : public PacketSource {
 public:
  explicit FakePacketSource(uint32_t link_type = kLinkEthernet) : link_type_(link_type) {}

  void Add(int64_t time_ns, std::vector<uint8_t> frame, uint32_t wire_bytes = 0) {
    bytes_total_ += frame.size();
    packets_.push_back({time_ns, wire_bytes != 0 ? wire_bytes : static_cast<uint32_t>(frame.size()),
                        std::move(frame)});
  }
  void EndWith(absl::Status status) { end_ = std::move(status); }
  size_t packets() const { return packets_.size(); }

  absl::StatusOr<PacketBlock> Read() override {
    if (next_ == packets_.size()) {
      if (!end_.ok()) return end_;
      return PacketBlock{{}, true};
    }
    size_t count = 0;
    for (; count < block_.size() && next_ < packets_.size(); ++count, ++next_) {
      const Packet& stored = packets_[next_];
      bytes_read_ += stored.frame.size();
      block_[count] = {stored.time_ns, stored.wire_bytes, link_type_, stored.frame};
    }
    return PacketBlock{{block_.data(), count}};
  }
  uint64_t bytes_read() const override { return bytes_read_; }
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  struct Packet {
    int64_t time_ns;
    uint32_t wire_bytes;
    std::vector<uint8_t> frame;
  };
  uint32_t link_type_;
  std::vector<Packet> packets_;
  std::array<RawPacket, PacketBlock::kMaxPackets> block_;
  absl::Status end_;
  size_t next_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_total_ = 0;
};

}  // namespace silhouette
