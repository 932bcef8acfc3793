#include "capture-svc/engine.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "capture-svc/link_type.h"
#include "common/accounting.h"
#include "common/grid.h"
#include "common/text.h"

namespace silhouette {

CaptureEngine::CaptureEngine(CaptureOptions options, Emit emit)
    : options_(std::move(options)), emit_(std::move(emit)) {}

absl::Status CaptureEngine::Read(PacketSource* source) {
  RawPacket packet;
  while (true) {
    if (stop_) {
      incomplete_ = absl::StrCat("stopped behind packet ", read_.received());
      break;
    }
    absl::StatusOr<bool> more = source->Next(&packet);
    if (!more.ok()) incomplete_ = std::string(more.status().message());
    if (!more.ok() || !*more) break;
    Take(packet);
    if (builder_.packets() < options_.batch_packets) continue;
    Publish(*source);
    if (absl::Status status = EmitBatch(false); !status.ok()) return status;
  }
  Publish(*source);
  if (absl::Status status = EmitBatch(true); !status.ok()) return status;
  return CheckLinkTypes();
}

absl::Status CaptureEngine::CheckLinkTypes() const {
  uint64_t unsupported = 0;
  for (const auto& [link_type, packets] : unsupported_) unsupported += packets;
  if (unsupported == 0 || unsupported < read_.received()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const auto& [link_type, packets] : unsupported_) names.push_back(LinkTypeName(link_type));
  return absl::UnimplementedError(absl::StrCat(
      "link type ", absl::StrJoin(names, ", "),
      " is not supported; Ethernet, Linux cooked, raw IP and BSD loopback captures are"));
}

void CaptureEngine::Take(const RawPacket& packet) {
  read_.set_received(read_.received() + 1);
  if (!IsPlausibleTime(packet.time_ns)) return CountOutcome(ParseOutcome::kMalformed);
  if (!any_packet_) {
    any_packet_ = true;
    first_packet_ns_ = packet.time_ns;
    newest_ns_ = packet.time_ns;
    watermark_ns_ = WatermarkAt(newest_ns_);
  }
  if (packet.time_ns < watermark_ns_) {
    read_.set_late(read_.late() + 1);
    return;
  }
  newest_ns_ = std::max(newest_ns_, packet.time_ns);
  watermark_ns_ = WatermarkAt(newest_ns_);
  PacketHeaders headers;
  const ParseOutcome outcome = ParsePacket(packet, &headers);
  CountOutcome(outcome);
  if (outcome == ParseOutcome::kUnsupported) ++unsupported_[packet.link_type];
  if (outcome != ParseOutcome::kOk) return;
  builder_.Add(packet.time_ns, packet.wire_bytes, headers.tcp_flags,
               Orient(headers, options_.home));
}

int64_t CaptureEngine::WatermarkAt(int64_t newest_ns) const {
  return std::max(newest_ns - options_.lateness_ns, -kLastPlausibleNs);
}

void CaptureEngine::CountOutcome(ParseOutcome outcome) {
  switch (outcome) {
    case ParseOutcome::kOk:
      read_.set_pending(read_.pending() + 1);
      return;
    case ParseOutcome::kNotIp:
      return AddFiltered(&read_, "not_ip", 1);
    case ParseOutcome::kUnsupported:
      return AddFiltered(&read_, "unsupported", 1);
    case ParseOutcome::kCutShort:
      return AddFiltered(&read_, "cut_short", 1);
    case ParseOutcome::kMalformed:
      read_.set_malformed(read_.malformed() + 1);
      return;
  }
}

absl::Status CaptureEngine::EmitBatch(bool end_of_run) {
  v1::BatchHeader* header = builder_.batch()->mutable_header();
  header->set_origin(options_.origin);
  header->set_run(options_.run);
  header->set_sequence(++sequence_);
  // At the end of a run every packet has come: windows close up to the newest packet's.
  header->set_watermark_ns(end_of_run ? newest_ns_ : watermark_ns_);
  header->set_grid_start_ns(options_.align_first ? first_packet_ns_ : 0);
  header->set_first_packet_ns(first_packet_ns_);
  header->set_end_of_run(end_of_run);
  if (end_of_run) header->set_incomplete(ToUtf8(incomplete_));
  *header->mutable_accounting() = read_;
  absl::Status status = emit_(*builder_.batch());
  builder_.Clear();
  return status;
}

void CaptureEngine::Publish(const PacketSource& source) {
  const SourceLoss loss = source.loss();
  v1::Loss* before = builder_.batch()->mutable_lost_before();
  before->set_kernel_dropped_packets(loss.kernel_dropped - read_.loss().kernel_dropped_packets());
  before->set_interface_dropped_packets(loss.interface_dropped -
                                        read_.loss().interface_dropped_packets());
  read_.mutable_loss()->set_kernel_dropped_packets(loss.kernel_dropped);
  read_.mutable_loss()->set_interface_dropped_packets(loss.interface_dropped);
  std::lock_guard lock(mutex_);
  published_.accounting = read_;
  published_.bytes_read = source.bytes_read();
  published_.bytes_total = source.bytes_total();
}

void CaptureEngine::OnAck(const v1::Ack& ack) {
  std::lock_guard lock(mutex_);
  acknowledged_ = ack.accounting();
}

CaptureProgress CaptureEngine::Progress() const {
  std::lock_guard lock(mutex_);
  CaptureProgress progress = published_;
  v1::Accounting* accounting = &progress.accounting;
  AddAccounting(accounting, acknowledged_);
  // What downstream decided was pending here.
  accounting->set_pending(accounting->pending() - acknowledged_.windowed() -
                          FilteredPackets(acknowledged_) - acknowledged_.shed());
  return progress;
}

}  // namespace silhouette
