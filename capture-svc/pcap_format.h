#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "capture-svc/packet.h"

namespace silhouette {

// The layout of one pcap file, from its first 24 bytes: byte order, resolution of its times, and
// the variants that libpcap reads too (draft-ietf-opsawg-pcap; sf-pcap.c).
struct PcapFormat {
  static constexpr size_t kFileHeader = 24;

  bool swapped = false;       // the other byte order than this machine's
  bool nanoseconds = false;   // else microseconds
  size_t record_header = 16;  // 24 in Kuznetzov's modified format
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

// `bytes` has format.record_header bytes. Nothing when the record claims more bytes than any
// packet has: the file is damaged.
std::optional<PcapRecord> ReadPcapRecord(const PcapFormat& format, const uint8_t* bytes);

}  // namespace silhouette
