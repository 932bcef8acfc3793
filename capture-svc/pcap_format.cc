#include "capture-svc/pcap_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// What libpcap allows for any link type but USB and D-Bus, whose packets this program leaves out.
constexpr uint32_t kMaxPacketBytes = 262'144;

uint32_t Load32(const uint8_t* at, bool swapped) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap32(value) : value;
}

uint16_t Load16(const uint8_t* at, bool swapped) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap16(value) : value;
}

// Fills what the magic number says; false for another.
bool ReadMagic(const uint8_t* header, PcapFormat* format) {
  constexpr uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d, kModified = 0xa1b2cd34;
  const uint32_t as_here = Load32(header, false);
  for (bool swapped : {false, true}) {
    const uint32_t magic = swapped ? __builtin_bswap32(as_here) : as_here;
    if (magic != kMicroseconds && magic != kNanoseconds && magic != kModified) continue;
    format->swapped = swapped;
    format->nanoseconds = magic == kNanoseconds;
    format->record_header = magic == kModified ? 24 : 16;
    return true;
  }
  return false;
}

// Some old programs wrote the two lengths of a record the other way round.
PcapFormat::Lengths LengthOrder(uint16_t major, uint16_t minor) {
  if (major == 2 && minor < 3) return PcapFormat::Lengths::kWireFirst;
  if (major == 2 && minor == 3) return PcapFormat::Lengths::kPerhapsWireFirst;
  if (major == 543) return PcapFormat::Lengths::kWireFirst;  // Digital UNIX's tcpdump
  return PcapFormat::Lengths::kCapturedFirst;
}

}  // namespace

absl::StatusOr<std::optional<PcapFormat>> PcapFormat::Read(std::span<const uint8_t> header) {
  PcapFormat format;
  if (!ReadMagic(header.data(), &format)) return std::nullopt;
  const uint16_t major = Load16(&header[4], format.swapped);
  const uint16_t minor = Load16(&header[6], format.swapped);
  if (major != 2 && !(major == 543 && minor == 0)) {
    return absl::UnimplementedError(
        absl::StrCat("pcap version ", major, ".", minor, " is not supported; 2.x is"));
  }
  format.lengths = LengthOrder(major, minor);
  format.snap_length = Load32(&header[16], format.swapped);
  if (format.snap_length == 0 || format.snap_length > kMaxPacketBytes) {
    format.snap_length = kMaxPacketBytes;
  }
  // The upper bits tell about frame check sequences, which count as captured bytes.
  format.link_type = Load32(&header[20], format.swapped) & 0x03ff'ffff;
  return format;
}

std::optional<PcapRecord> ReadPcapRecord(const PcapFormat& format, const uint8_t* bytes) {
  PcapRecord record;
  const uint32_t seconds = Load32(bytes, format.swapped);
  const uint32_t fraction = Load32(bytes + 4, format.swapped);
  record.time_ns =
      int64_t{seconds} * 1'000'000'000 + int64_t{fraction} * (format.nanoseconds ? 1 : 1000);
  record.stored_bytes = Load32(bytes + 8, format.swapped);
  record.wire_bytes = Load32(bytes + 12, format.swapped);
  if (format.lengths == PcapFormat::Lengths::kWireFirst ||
      (format.lengths == PcapFormat::Lengths::kPerhapsWireFirst &&
       record.stored_bytes > record.wire_bytes)) {
    std::swap(record.stored_bytes, record.wire_bytes);
  }
  if (record.stored_bytes > kMaxPacketBytes) return std::nullopt;
  record.captured_bytes = std::min(record.stored_bytes, format.snap_length);
  return record;
}

}  // namespace silhouette
