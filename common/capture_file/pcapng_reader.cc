#include "common/capture_file/pcapng_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

enum BlockType : uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kObsoletePacket = 2,
  kSimplePacket = 3,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
};

// No writer comes near; a larger block is damage, and reading it would take the memory.
constexpr uint32_t kMaxBlockBytes = 16 << 20;
constexpr size_t kMaxInterfaces = 1 << 16;
constexpr size_t kBlockFrame = 12;     // type, length, length again
constexpr size_t kLongestHeader = 28;  // a section's

// 10^-v, or 2^-v with the highest bit set. 0 for a resolution finer than can be counted.
uint64_t TicksPerSecond(uint8_t resolution) {
  const unsigned exponent = resolution & 0x7f;
  if (resolution & 0x80) return exponent < 64 ? uint64_t{1} << exponent : 0;
  uint64_t ticks = 1;
  for (unsigned i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(ticks, uint64_t{10}, &ticks)) return 0;
  }
  return ticks;
}

// Whole nanoseconds since the Unix epoch, rounded down; a time that does not fit gives one that
// IsPlausibleTime refuses.
int64_t ToNanoseconds(uint64_t ticks, uint64_t ticks_per_second, int64_t offset_s) {
  __extension__ typedef __int128 Int128;
  const Int128 ns =
      Int128{ticks} * 1'000'000'000 / ticks_per_second + Int128{offset_s} * 1'000'000'000;
  constexpr Int128 kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp<Int128>(ns, -kMax, kMax));
}

size_t Padded(size_t bytes) { return (bytes + 3) & ~size_t{3}; }

}  // namespace

absl::StatusOr<PacketBlock> PcapngReader::Read() {
  if (absl::Status status = bytes_->Check(); !status.ok()) return status;
  bytes_->Take(to_take_);
  to_take_ = 0;
  size_t count = 0;
  while (count < packets_.size()) {
    absl::StatusOr<bool> more = ReadPacket(count == 0, &packets_[count]);
    if (!more.ok() && count == 0) return more.status();
    if (!more.ok() || !*more) break;
    ++count;
  }
  return PacketBlock{{packets_.data(), count}, count == 0};
}

absl::StatusOr<bool> PcapngReader::ReadPacket(bool wait, RawPacket* packet) {
  Block block;
  while (true) {
    absl::StatusOr<bool> more = NextBlock(wait, &block);
    if (!more.ok() || !*more) return more;
    if (block.type == kInterfaceDescription) {
      if (absl::Status status = ReadInterface(block.body); !status.ok()) return status;
    } else if (block.type == kInterfaceStatistics) {
      ReadStatistics(block.body);
    } else if (block.type != kSectionHeader) {
      absl::StatusOr<bool> is_packet = ReadPacketBlock(block, packet);
      if (!is_packet.ok()) return is_packet;
      if (*is_packet) {
        to_take_ += block.body.size() + kBlockFrame;
        return true;
      }
    }
    to_take_ += block.body.size() + kBlockFrame;
  }
}

absl::StatusOr<bool> PcapngReader::NextBlock(bool wait, Block* block) {
  if (wait) {
    bytes_->Take(to_take_);
    to_take_ = 0;
  }
  const auto fetch = [&](size_t size) -> absl::StatusOr<size_t> {
    if (wait) return bytes_->Fill(size);
    return bytes_->available() - to_take_;
  };
  auto have = fetch(kBlockFrame);
  if (!have.ok()) return have.status();
  if (*have == 0 || (!wait && *have < kLongestHeader)) return false;
  if (*have < kBlockFrame) return Damaged("cut inside a block's header");
  if (std::equal(std::begin(kMagic), std::end(kMagic), bytes_->data() + to_take_)) {
    have = fetch(kLongestHeader);
    if (!have.ok()) return have.status();
    const std::span<const uint8_t> header(bytes_->data() + to_take_, *have);
    if (absl::Status status = ReadSectionHeader(header); !status.ok()) return status;
  }
  const std::span<const uint8_t> frame(bytes_->data() + to_take_, kBlockFrame);
  block->type = U32(frame, 0);
  const uint32_t length = U32(frame, 4);
  if (length < kBlockFrame || length % 4 != 0 || length > kMaxBlockBytes) {
    return Damaged(absl::StrCat("a block of ", length, " bytes"));
  }
  have = fetch(length);
  if (!have.ok()) return have.status();
  if (*have < length && !wait) return false;
  if (*have < length) return Damaged(absl::StrCat("cut inside a block of ", length, " bytes"));
  const std::span<const uint8_t> whole(bytes_->data() + to_take_, length);
  if (U32(whole, length - 4) != length) {
    return Damaged(
        absl::StrCat("a block whose lengths disagree: ", length, " and ", U32(whole, length - 4)));
  }
  block->body = whole.subspan(8, length - kBlockFrame);
  return true;
}

absl::Status PcapngReader::ReadSectionHeader(std::span<const uint8_t> header) {
  if (header.size() < kLongestHeader) return Damaged("cut inside a section header");
  constexpr uint32_t kByteOrder = 0x1a2b3c4d;
  swapped_ = false;
  if (U32(header, 8) != kByteOrder) swapped_ = true;
  if (U32(header, 8) != kByteOrder) return Damaged("a section without a byte order");
  if (U16(header, 12) != 1) return Damaged(absl::StrCat("pcapng version ", U16(header, 12)));
  interfaces_.clear();
  return absl::OkStatus();
}

absl::Status PcapngReader::ReadInterface(std::span<const uint8_t> body) {
  if (body.size() < 8) return Damaged("an interface block that is too short");
  if (interfaces_.size() == kMaxInterfaces) return Damaged("too many interfaces");
  Interface& interface = interfaces_.emplace_back();
  interface.link_type = U16(body, 0);
  interface.snap_length = U32(body, 4);
  constexpr uint16_t kResolution = 9, kOffset = 14;
  ForEachOption(body.subspan(8), [&](uint16_t code, std::span<const uint8_t> value) {
    if (code == kResolution && value.size() == 1) {
      interface.ticks_per_second = TicksPerSecond(value[0]);
    } else if (code == kOffset && value.size() == 8) {
      interface.offset_s = static_cast<int64_t>(U64(value, 0));
    }
  });
  if (interface.ticks_per_second == 0) return Damaged("an interface with an impossible resolution");
  return absl::OkStatus();
}

void PcapngReader::ReadStatistics(std::span<const uint8_t> body) {
  if (body.size() < 12 || U32(body, 0) >= interfaces_.size()) return;
  Interface& interface = interfaces_[U32(body, 0)];
  constexpr uint16_t kEndTime = 3, kDroppedByInterface = 5, kDroppedBySystem = 7;
  SourceLoss now = interface.loss;
  ForEachOption(body.subspan(12), [&](uint16_t code, std::span<const uint8_t> value) {
    if (value.size() != 8) return;
    if (code == kEndTime) {
      const uint64_t ticks = uint64_t{U32(value, 0)} << 32 | U32(value, 4);
      quiet_until_ns_ = ToNanoseconds(ticks, interface.ticks_per_second, interface.offset_s);
    }
    if (code == kDroppedByInterface) now.interface_dropped = U64(value, 0);
    if (code == kDroppedBySystem) now.kernel_dropped = U64(value, 0);
  });
  // Counts run on from block to block; a smaller one is a counter that started anew.
  const auto more = [](uint64_t before, uint64_t after) {
    return after >= before ? after - before : after;
  };
  loss_.interface_dropped += more(interface.loss.interface_dropped, now.interface_dropped);
  loss_.kernel_dropped += more(interface.loss.kernel_dropped, now.kernel_dropped);
  interface.loss = now;
}

absl::StatusOr<bool> PcapngReader::ReadPacketBlock(const Block& block, RawPacket* packet) {
  const std::span<const uint8_t> body = block.body;
  const bool simple = block.type == kSimplePacket;
  const bool obsolete = block.type == kObsoletePacket;
  if (!simple && !obsolete && block.type != kEnhancedPacket) return false;
  if (body.size() < (simple ? 4u : 20u)) return Damaged("a packet block that is too short");
  const uint32_t number = simple ? 0 : obsolete ? U16(body, 0) : U32(body, 0);
  if (number >= interfaces_.size()) {
    return Damaged(absl::StrCat("a packet of interface ", number, ", which is not described"));
  }
  const Interface& interface = interfaces_[number];
  if (simple) {
    const uint32_t wire_bytes = U32(body, 0);
    uint32_t captured = std::min<uint32_t>(wire_bytes, static_cast<uint32_t>(body.size() - 4));
    if (interface.snap_length != 0) captured = std::min(captured, interface.snap_length);
    absl::Status status = Fill(packet, interface, 0, captured, wire_bytes, body.subspan(4));
    if (!status.ok()) return status;
    packet->time_ns = 0;  // the block has no time
    return true;
  }
  const uint64_t ticks = uint64_t{U32(body, 4)} << 32 | U32(body, 8);
  absl::Status status =
      Fill(packet, interface, ticks, U32(body, 12), U32(body, 16), body.subspan(20));
  if (!status.ok()) return status;
  return true;
}

absl::Status PcapngReader::Fill(RawPacket* packet, const Interface& interface, uint64_t ticks,
                                uint32_t captured_bytes, uint32_t wire_bytes,
                                std::span<const uint8_t> data) {
  if (captured_bytes > data.size()) {
    return Damaged(absl::StrCat("a packet of ", captured_bytes, " bytes in ", data.size()));
  }
  packet->time_ns = ToNanoseconds(ticks, interface.ticks_per_second, interface.offset_s);
  packet->wire_bytes = wire_bytes;
  packet->link_type = interface.link_type;
  packet->captured = data.first(captured_bytes);
  ++packets_read_;
  return absl::OkStatus();
}

template <typename Each>
void PcapngReader::ForEachOption(std::span<const uint8_t> bytes, const Each& each) const {
  while (bytes.size() >= 4) {
    const uint16_t code = U16(bytes, 0);
    const size_t size = U16(bytes, 2);
    if (code == 0 || bytes.size() < 4 + Padded(size)) return;
    each(code, bytes.subspan(4, size));
    bytes = bytes.subspan(4 + Padded(size));
  }
}

absl::Status PcapngReader::Damaged(const std::string& what) const {
  return absl::DataLossError(absl::StrCat(name_, ": ", what, " at byte ",
                                          bytes_->offset() + to_take_, ", behind packet ",
                                          packets_read_, "; everything before it is used"));
}

uint16_t PcapngReader::U16(std::span<const uint8_t> bytes, size_t at) const {
  uint16_t value;
  std::memcpy(&value, &bytes[at], sizeof value);
  return swapped_ ? __builtin_bswap16(value) : value;
}

uint32_t PcapngReader::U32(std::span<const uint8_t> bytes, size_t at) const {
  uint32_t value;
  std::memcpy(&value, &bytes[at], sizeof value);
  return swapped_ ? __builtin_bswap32(value) : value;
}

uint64_t PcapngReader::U64(std::span<const uint8_t> bytes, size_t at) const {
  uint64_t value;
  std::memcpy(&value, &bytes[at], sizeof value);
  return swapped_ ? __builtin_bswap64(value) : value;
}

}  // namespace silhouette
