#include "common/capture_file/pcap_format.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// Fills what the magic number says; false for another.
bool ReadMagic(const uint8_t* header, PcapFormat* format) {
  constexpr uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d, kModified = 0xa1b2cd34;
  const uint32_t as_here = LoadU32(header, false);
  for (bool swapped : {false, true}) {
    const uint32_t magic = swapped ? __builtin_bswap32(as_here) : as_here;
    if (magic != kMicroseconds && magic != kNanoseconds && magic != kModified) continue;
    format->swapped = swapped;
    format->ns_per_fraction = magic == kNanoseconds ? 1 : 1000;
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
  const uint16_t major = LoadU16(&header[4], format.swapped);
  const uint16_t minor = LoadU16(&header[6], format.swapped);
  if (major != 2 && !(major == 543 && minor == 0)) {
    return absl::UnimplementedError(
        absl::StrCat("pcap version ", major, ".", minor, " is not supported; 2.x is"));
  }
  format.lengths = LengthOrder(major, minor);
  format.snap_length = LoadU32(&header[16], format.swapped);
  if (format.snap_length == 0 || format.snap_length > PcapFormat::kMaxPacketBytes) {
    format.snap_length = PcapFormat::kMaxPacketBytes;
  }
  // The upper bits tell about frame check sequences, which count as captured bytes.
  format.link_type = LoadU32(&header[20], format.swapped) & 0x03ff'ffff;
  return format;
}

}  // namespace silhouette
