#include "common/capture_file/recording_source.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/parse/parser.h"

namespace silhouette {
namespace {

constexpr Tunnels kAllTunnels = {.gre = true, .vxlan = true, .ip_in_ip = true};

bool ParsesTo(ParseOutcome outcome, RawPacket packet, size_t bytes) {
  packet.captured = packet.captured.first(bytes);
  PacketHeaders ignored;
  return ParsePacket(packet, kAllTunnels, &ignored) == outcome;
}

}  // namespace

size_t HeaderBytes(const RawPacket& packet) {
  PacketHeaders headers;
  const ParseOutcome outcome = ParsePacket(packet, kAllTunnels, &headers);
  if (outcome == ParseOutcome::kOk) {
    return static_cast<size_t>(headers.header_end - packet.captured.data());
  }
  // Reading stopped early: what was looked at is the least that parses to the same.
  size_t bytes = 0;
  while (bytes < packet.captured.size() && !ParsesTo(outcome, packet, bytes)) ++bytes;
  return bytes;
}

RecordingSource::~RecordingSource() { Close().IgnoreError(); }

absl::StatusOr<PacketBlock> RecordingSource::Read() {
  if (!failed_.ok()) return failed_;
  absl::StatusOr<PacketBlock> block = source_->Read();
  if (!block.ok()) {
    const absl::Status closed = Close();
    if (closed.ok()) return block;
    return absl::Status(block.status().code(),
                        absl::StrCat(block.status().message(), "; and ", closed.message()));
  }
  failed_ = Record(*block);
  if (failed_.ok() && block->end) failed_ = Close();
  if (failed_.ok()) return block;
  // The packets are good; the error comes behind them.
  return PacketBlock{block->packets, false};
}

std::string RecordingSource::trouble() const {
  if (writer_->refused() == 0 || !source_->trouble().empty()) return source_->trouble();
  return absl::StrCat(writer_->refused(),
                      " packets were not written: the file's format has no room for their times");
}

absl::Status RecordingSource::Record(const PacketBlock& block) {
  for (const RawPacket& packet : block.packets) {
    const absl::Status status = writer_->Write(packet, HeaderBytes(packet));
    // One packet that does not fit is no reason to end a capture; the writer counts it.
    if (!status.ok() && !absl::IsInvalidArgument(status)) return status;
  }
  // Silence is a good time for those who watch the file.
  return block.packets.empty() ? writer_->Flush() : absl::OkStatus();
}

absl::Status RecordingSource::Close() {
  const int64_t quiet_until_ns = source_->quiet_until_ns();
  std::optional<int64_t> end_ns;
  if (quiet_until_ns != kNever) end_ns = quiet_until_ns;
  return writer_->Close(end_ns, source_->loss());
}

}  // namespace silhouette
