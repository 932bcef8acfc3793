#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_stream.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// Reads pcapng (draft-ietf-opsawg-pcapng): several sections of either byte order, interfaces of
// different link types, snap lengths and time resolutions, enhanced, simple and obsolete packet
// blocks. Blocks of other kinds are passed over.
class PcapngReader : public PacketSource {
 public:
  // `bytes` stands at the file's start.
  PcapngReader(std::string name, std::unique_ptr<BufferedBytes> bytes, uint64_t bytes_total)
      : name_(std::move(name)), bytes_(std::move(bytes)), bytes_total_(bytes_total) {}

  // The four bytes that every pcapng file begins with, in any byte order.
  static constexpr uint8_t kMagic[4] = {0x0a, 0x0d, 0x0d, 0x0a};

  absl::StatusOr<PacketBlock> Read() override;
  int64_t quiet_until_ns() const override { return quiet_until_ns_; }
  SourceLoss loss() const override { return loss_; }
  uint64_t bytes_read() const override { return bytes_->bytes_read(); }
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  struct Interface {
    uint32_t link_type;
    uint32_t snap_length;  // 0: unlimited
    uint64_t ticks_per_second = 1'000'000;
    int64_t offset_s = 0;
    SourceLoss loss;  // of its last statistics block
  };
  struct Block {
    uint32_t type;
    std::span<const uint8_t> body;
  };

  // Reads blocks up to the next packet; false when there is none. With `wait` it fetches what is
  // not in memory, which moves the bytes of packets read before.
  absl::StatusOr<bool> ReadPacket(bool wait, RawPacket* packet);
  // Takes the next block; false at the end of the file. Errors: DATA_LOSS.
  absl::StatusOr<bool> NextBlock(bool wait, Block* block);
  // Errors: DATA_LOSS for a version or byte order that is none.
  absl::Status ReadSectionHeader(std::span<const uint8_t> header);
  absl::Status ReadInterface(std::span<const uint8_t> body);
  void ReadStatistics(std::span<const uint8_t> body);
  // True when the block held a packet.
  absl::StatusOr<bool> ReadPacketBlock(const Block& block, RawPacket* packet);
  absl::Status Fill(RawPacket* packet, const Interface& interface, uint64_t ticks,
                    uint32_t captured_bytes, uint32_t wire_bytes, std::span<const uint8_t> data);
  // Calls each(code, value) for the options in `bytes`.
  template <typename Each>
  void ForEachOption(std::span<const uint8_t> bytes, const Each& each) const;

  absl::Status Damaged(const std::string& what) const;
  uint16_t U16(std::span<const uint8_t> bytes, size_t at) const;
  uint32_t U32(std::span<const uint8_t> bytes, size_t at) const;
  uint64_t U64(std::span<const uint8_t> bytes, size_t at) const;

  const std::string name_;
  const std::unique_ptr<BufferedBytes> bytes_;
  const uint64_t bytes_total_;
  bool swapped_ = false;
  std::array<RawPacket, PacketBlock::kMaxPackets> packets_;
  size_t to_take_ = 0;  // bytes of blocks that were read, still needed by their packets
  uint64_t packets_read_ = 0;
  int64_t quiet_until_ns_ = kNever;
  std::vector<Interface> interfaces_;  // of this section
  SourceLoss loss_;
};

}  // namespace silhouette
