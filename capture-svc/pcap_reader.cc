#include "capture-svc/pcap_reader.h"

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::StatusOr<bool> PcapReader::Next(RawPacket* packet) {
  bytes_->Take(to_take_);
  to_take_ = 0;
  auto have = bytes_->Fill(format_.record_header);
  if (!have.ok()) return have.status();
  if (*have == 0) return false;
  if (*have < format_.record_header) return Cut(*have, format_.record_header);
  const auto record = ReadPcapRecord(format_, bytes_->data());
  if (!record) {
    return absl::DataLossError(absl::StrCat(name_, ": damaged at byte ", bytes_->offset(),
                                            ", behind packet ", packets_,
                                            ": a record longer than any packet; everything before "
                                            "it is used"));
  }
  const size_t size = format_.record_header + record->stored_bytes;
  have = bytes_->Fill(size);
  if (!have.ok()) return have.status();
  if (*have < size) return Cut(*have, size);
  packet->time_ns = record->time_ns;
  packet->wire_bytes = record->wire_bytes;
  packet->link_type = format_.link_type;
  packet->captured = {bytes_->data() + format_.record_header, record->captured_bytes};
  to_take_ = size;
  ++packets_;
  return true;
}

absl::Status PcapReader::Cut(size_t have, size_t wanted) const {
  return absl::DataLossError(absl::StrCat(
      name_, ": cut at byte ", bytes_->offset() + have, ", inside packet ", packets_ + 1, " (",
      have, " of its ", wanted, " bytes are there); everything before it is used"));
}

}  // namespace silhouette
