#include "common/parse/wifi_layer.h"

namespace silhouette {
namespace {

using Bytes = std::span<const uint8_t>;

// The 802.11 header's fields that tell where the payload starts.
struct FrameControl {
  explicit FrameControl(Bytes frame) : low(frame[0]), high(frame[1]) {}
  uint8_t low, high;

  int version() const { return low & 3; }
  bool is_data() const { return (low >> 2 & 3) == 2 && (low & 0x40) == 0; }
  bool has_qos() const { return (low & 0x80) != 0; }
  bool to_ds() const { return (high & 0x01) != 0; }
  bool from_ds() const { return (high & 0x02) != 0; }
  bool is_protected() const { return (high & 0x40) != 0; }
  bool has_ht_control() const { return has_qos() && (high & 0x80) != 0; }
};

constexpr size_t kThreeAddresses = 24;  // with the sequence control behind them

void FillAddresses(Bytes frame, FrameControl control, PacketHeaders* headers) {
  const MacAddress first = MacAddress::From(&frame[4]);
  const MacAddress second = MacAddress::From(&frame[10]);
  const MacAddress third = MacAddress::From(&frame[16]);
  using Station = PacketEnds::Station;
  headers->destination_mac = control.to_ds() ? third : first;
  if (control.to_ds() && control.from_ds()) {
    headers->source_mac = MacAddress::From(&frame[kThreeAddresses]);
  } else if (control.from_ds()) {
    headers->source_mac = third;
    if (!first.is_group()) headers->station = Station::kDestination;
  } else {
    headers->source_mac = second;
    if (control.to_ds()) headers->station = Station::kSource;
  }
}

// `padded`: the header is filled up to a multiple of four bytes.
ParseOutcome ReadFrame(Bytes frame, bool padded, PacketHeaders* headers, NetworkLayer* network) {
  if (frame.size() < 2) return ParseOutcome::kCutShort;
  const FrameControl control(frame);
  if (control.version() != 0) return ParseOutcome::kMalformed;
  if (!control.is_data()) return ParseOutcome::kNotData;
  size_t header_bytes = kThreeAddresses;
  if (control.to_ds() && control.from_ds()) header_bytes += 6;
  if (frame.size() < header_bytes) return ParseOutcome::kCutShort;
  FillAddresses(frame, control, headers);
  *network = {kEtherNone, frame.subspan(header_bytes)};
  const bool later_fragment = (frame[22] & 0x0f) != 0;
  if (control.is_protected() || later_fragment) return ParseOutcome::kOk;
  if (control.has_qos()) {
    constexpr uint8_t kAggregate = 0x80;
    if (frame.size() <= header_bytes || (frame[header_bytes] & kAggregate) != 0) {
      return ParseOutcome::kOk;
    }
    header_bytes += control.has_ht_control() ? 6 : 2;
  }
  if (padded) header_bytes = (header_bytes + 3) & ~size_t{3};
  if (frame.size() < header_bytes) return ParseOutcome::kOk;
  *network = ReadLlc(frame.subspan(header_bytes));
  return ParseOutcome::kOk;
}

uint32_t LittleU32(Bytes bytes, size_t at) {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
         static_cast<uint32_t>(bytes[at + 3]) << 24;
}

// The flags field of a radiotap header, 0 where it has none.
uint8_t RadiotapFlags(Bytes header) {
  constexpr uint32_t kTimer = 1, kFlags = 2, kMorePresent = 0x8000'0000;
  const uint32_t present = LittleU32(header, 4);
  size_t at = 8;
  for (uint32_t word = present; (word & kMorePresent) != 0; at += 4) {
    if (header.size() < at + 4) return 0;
    word = LittleU32(header, at);
  }
  if ((present & kFlags) == 0) return 0;
  if ((present & kTimer) != 0) at = ((at + 7) & ~size_t{7}) + 8;
  return at < header.size() ? header[at] : 0;
}

}  // namespace

ParseOutcome ReadWifi(Bytes frame, PacketHeaders* headers, NetworkLayer* network) {
  return ReadFrame(frame, false, headers, network);
}

ParseOutcome ReadRadiotap(Bytes frame, PacketHeaders* headers, NetworkLayer* network) {
  constexpr size_t kFixedHeader = 8;
  if (frame.size() < kFixedHeader) return ParseOutcome::kCutShort;
  const size_t header_bytes = static_cast<size_t>(frame[2] | frame[3] << 8);
  if (frame[0] != 0 || header_bytes < kFixedHeader) return ParseOutcome::kMalformed;
  if (frame.size() < header_bytes) return ParseOutcome::kCutShort;
  constexpr uint8_t kPadded = 0x20;
  const bool padded = (RadiotapFlags(frame.first(header_bytes)) & kPadded) != 0;
  return ReadFrame(frame.subspan(header_bytes), padded, headers, network);
}

}  // namespace silhouette
