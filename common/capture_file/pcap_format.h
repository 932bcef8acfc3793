#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "common/parse/packet.h"

namespace silhouette {

// The layout of one pcap file, from its first 24 bytes: byte order, resolution of its times, and
// the variants that libpcap reads too (draft-ietf-opsawg-pcap; sf-pcap.c).
struct PcapFormat {
  static constexpr size_t kFileHeader = 24;
  // What libpcap allows for any link type but USB and D-Bus, whose packets this program leaves out.
  static constexpr uint32_t kMaxPacketBytes = 262'144;

  bool swapped = false;            // the other byte order than this machine's
  int64_t ns_per_fraction = 1000;  // of a record's second number
  size_t record_header = 16;       // 24 in Kuznetzov's modified format
  enum class Lengths {
    kCapturedFirst,
    kWireFirst,
    kPerhapsWireFirst
  } lengths = Lengths::kCapturedFirst;
  uint32_t link_type = 0;  // LINKTYPE_ number
  uint32_t snap_length = 0;

  // Nothing when the bytes do not start a pcap file. `header` has kFileHeader bytes.
  // Errors: UNIMPLEMENTED for a version that nobody writes.
  static absl::StatusOr<std::optional<PcapFormat>> Read(std::span<const uint8_t> header);
};

// One record's header.
struct PcapRecord {
  int64_t time_ns;
  uint32_t wire_bytes;
  uint32_t stored_bytes;    // that follow in the file
  uint32_t captured_bytes;  // of them, up to the snap length
};

// Numbers out of a file whose byte order is this machine's or, when `swapped`, the other.
inline uint32_t LoadU32(const uint8_t* at, bool swapped) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap32(value) : value;
}
inline uint16_t LoadU16(const uint8_t* at, bool swapped) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap16(value) : value;
}

// `bytes` has format.record_header bytes. False when the record claims more bytes than any packet
// has: the file is damaged.
inline bool ReadPcapRecord(const PcapFormat& format, const uint8_t* bytes, PcapRecord* record) {
  const int64_t seconds = LoadU32(bytes, format.swapped);
  const int64_t fraction = LoadU32(bytes + 4, format.swapped);
  record->time_ns = seconds * 1'000'000'000 + fraction * format.ns_per_fraction;
  record->stored_bytes = LoadU32(bytes + 8, format.swapped);
  record->wire_bytes = LoadU32(bytes + 12, format.swapped);
  if (format.lengths != PcapFormat::Lengths::kCapturedFirst &&
      (format.lengths == PcapFormat::Lengths::kWireFirst ||
       record->stored_bytes > record->wire_bytes)) {
    std::swap(record->stored_bytes, record->wire_bytes);
  }
  if (record->stored_bytes > PcapFormat::kMaxPacketBytes) return false;
  record->captured_bytes = std::min(record->stored_bytes, format.snap_length);
  return true;
}

}  // namespace silhouette
