#include "capture-svc/recording_source.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "capture-svc/parser.h"

namespace silhouette {
namespace {

constexpr Tunnels kAllTunnels = {.gre = true, .vxlan = true, .ip_in_ip = true};

// What is kept of a packet whose headers end nowhere, unless it needs more to parse to the same.
size_t FirstGuess(ParseOutcome outcome) {
  switch (outcome) {
    case ParseOutcome::kUnsupported:
      return 0;
    case ParseOutcome::kNotIp:
      return 8;
    case ParseOutcome::kNotData:
      return 16;
    case ParseOutcome::kOk:
    case ParseOutcome::kCutShort:
    case ParseOutcome::kMalformed:
      return 64;
  }
  return 0;
}

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
  // Long link headers and many tags put what is wrong with a packet further back.
  size_t bytes = FirstGuess(outcome);
  while (bytes < packet.captured.size() && !ParsesTo(outcome, packet, bytes)) {
    bytes = std::max<size_t>(8, 2 * bytes);
  }
  return std::min(bytes, packet.captured.size());
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
