#include "common/capture_file/pcap_reader.h"

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// Bytes; the processor's own prefetching ends at every page's edge.
constexpr size_t kReadAhead = 1024;

}  // namespace

absl::StatusOr<PacketBlock> PcapReader::Read() {
  if (absl::Status status = bytes_->Check(); !status.ok()) return status;
  bytes_->Take(to_take_);
  to_take_ = 0;
  size_t count = ReadBuffered();
  if (count == 0) {
    auto more = FetchRecord();
    if (!more.ok()) return more.status();
    if (!*more) return PacketBlock{{}, true};
    count = ReadBuffered();
  }
  packets_read_ += count;
  if (absl::Status status = bytes_->Check(); !status.ok()) return status;
  return PacketBlock{{packets_.data(), count}};
}

size_t PcapReader::ReadBuffered() {
  const uint8_t* at = bytes_->data();
  size_t left = bytes_->available();
  size_t count = 0;
  PcapRecord record;
  while (count < packets_.size() && left >= format_.record_header) {
    if (!ReadPcapRecord(format_, at, &record)) break;
    const size_t size = format_.record_header + record.stored_bytes;
    if (left < size) break;
    __builtin_prefetch(at + kReadAhead);
    __builtin_prefetch(at + kReadAhead + 64);
    RawPacket& packet = packets_[count++];
    packet.time_ns = record.time_ns;
    packet.wire_bytes = record.wire_bytes;
    packet.captured = {at + format_.record_header, record.captured_bytes};
    at += size;
    left -= size;
  }
  to_take_ = static_cast<size_t>(at - bytes_->data());
  return count;
}

absl::StatusOr<bool> PcapReader::FetchRecord() {
  auto have = bytes_->Fill(format_.record_header);
  if (!have.ok()) return have.status();
  if (*have == 0) return false;
  if (*have < format_.record_header) return Cut(*have, format_.record_header);
  PcapRecord record;
  if (!ReadPcapRecord(format_, bytes_->data(), &record)) {
    return absl::DataLossError(absl::StrCat(name_, ": damaged at byte ", bytes_->offset(),
                                            ", behind packet ", packets_read_,
                                            ": a record longer than any packet; everything before "
                                            "it is used"));
  }
  const size_t size = format_.record_header + record.stored_bytes;
  have = bytes_->Fill(size);
  if (!have.ok()) return have.status();
  if (*have < size) return Cut(*have, size);
  return true;
}

absl::Status PcapReader::Cut(size_t have, size_t wanted) const {
  return absl::DataLossError(absl::StrCat(
      name_, ": cut at byte ", bytes_->offset() + have, ", inside packet ", packets_read_ + 1, " (",
      have, " of its ", wanted, " bytes are there); everything before it is used"));
}

}  // namespace silhouette
