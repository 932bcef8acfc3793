#include "capture-svc/engine.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/accounting.h"
#include "common/grid.h"
#include "common/parse/anonymizer.h"
#include "common/parse/link_type.h"
#include "common/text.h"

namespace silhouette {

namespace {

// Counts of ParseOutcome by their reason in Accounting.filtered.
constexpr struct {
  ParseOutcome outcome;
  const char* reason;
} kFilterReasons[] = {
    {ParseOutcome::kNotIp, "not_ip"},
    {ParseOutcome::kNotData, "not_data"},
    {ParseOutcome::kUnsupported, "unsupported"},
    {ParseOutcome::kCutShort, "cut_short"},
};

CaptureOptions WithinLimits(CaptureOptions options) {
  options.batch_packets = std::clamp<size_t>(options.batch_packets, 1, BatchBuilder::kMaxPackets);
  return options;
}

// No window looks further back: a longer silence changes nothing.
constexpr int64_t kLongestHorizonNs = 60'000'000'000;

}  // namespace

CaptureEngine::CaptureEngine(CaptureOptions options, Emit emit)
    : options_(WithinLimits(std::move(options))), emit_(std::move(emit)) {}

// A key was checked when it was read.
CaptureEngine::Workspace::Workspace(const CaptureOptions& options)
    : builder(options.home, *Anonymizer::FromOptionalKey(options.anonymize_key)) {}

absl::Status CaptureEngine::Read(PacketSource* source) {
  work_ = std::make_unique<Workspace>(options_);
  absl::Status status = ReadAll(source);
  work_.reset();
  return status.ok() ? CheckLinkTypes() : status;
}

absl::Status CaptureEngine::ReadAll(PacketSource* source) {
  while (true) {
    if (stop_ && !source->Finish()) {
      incomplete_ = absl::StrCat("stopped behind packet ", received_);
      break;
    }
    absl::StatusOr<PacketBlock> block = source->Read();
    if (!block.ok()) {
      incomplete_ = std::string(block.status().message());
      FollowQuiet(*source);
      break;
    }
    if (absl::Status status = TakeBlock(*block, *source); !status.ok()) return status;
    if (block->packets.empty()) FollowQuiet(*source);
    if (block->end) {
      incomplete_ = source->trouble();
      break;
    }
    if (PublishIsDue(*block)) Publish(*source);
    if (!FlushIsDue(*block)) continue;
    if (absl::Status status = EmitBatch(*source, false); !status.ok()) return status;
  }
  return EmitBatch(*source, true);
}

absl::Status CaptureEngine::TakeBlock(const PacketBlock& block, const PacketSource& source) {
  std::span<const RawPacket> rest = block.packets;
  while (!rest.empty()) {
    const size_t count = std::min(rest.size(), options_.batch_packets - work_->builder.packets());
    const bool is_first = work_->builder.packets() == 0;
    const size_t taken = TakePackets(rest.first(count));
    if (is_first && work_->builder.packets() > 0) batch_began_ = std::chrono::steady_clock::now();
    rest = rest.subspan(taken);
    absl::Status status;
    if (taken < count) {
      status = StartNextRun(rest.front().time_ns, source);
    } else if (work_->builder.packets() == options_.batch_packets) {
      status = EmitBatch(source, false);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// In two rounds. The first reads headers and has no branch that cannot be foretold, so that the
// processor is many packets ahead of the memory; the second finds everything near.
size_t CaptureEngine::TakePackets(std::span<const RawPacket> packets) {
  std::array<FastPacket, PacketBlock::kMaxPackets> fast;
  std::array<size_t, PacketBlock::kMaxPackets> prepared;
  constexpr size_t kNotFast = std::numeric_limits<size_t>::max();
  for (size_t i = 0; i < packets.size(); ++i) {
    const bool is_fast = !options_.tunnels.vxlan && ReadFastPacket(packets[i], &fast[i]);
    prepared[i] = is_fast ? work_->builder.Prepare(fast[i]) : kNotFast;
  }
  for (size_t i = 0; i < packets.size(); ++i) {
    const RawPacket& packet = packets[i];
    if (!Admit(packet.time_ns)) {
      if (!jumps_) continue;
      received_ += i;
      return i;
    }
    if (work_->builder.packets() == 0) batch_start_ns_ = packet.time_ns;
    if (prepared[i] == kNotFast) {
      Take(packet);
      continue;
    }
    ++outcomes_[static_cast<size_t>(ParseOutcome::kOk)];
    work_->builder.Add(packet.time_ns, packet.wire_bytes, fast[i], prepared[i]);
  }
  received_ += packets.size();
  return packets.size();
}

absl::Status CaptureEngine::CheckLinkTypes() const {
  uint64_t unsupported = 0;
  for (const auto& [link_type, packets] : unsupported_) unsupported += packets;
  if (unsupported == 0 || unsupported < received_) return absl::OkStatus();
  std::vector<std::string> names;
  for (const auto& [link_type, packets] : unsupported_) names.push_back(LinkTypeName(link_type));
  return absl::UnimplementedError(absl::StrCat(
      "link type ", absl::StrJoin(names, ", "),
      " is not supported; Ethernet, 802.11, Linux cooked, raw IP, PPP and BSD loopback are"));
}

void CaptureEngine::Take(const RawPacket& packet) {
  PacketHeaders headers;
  const ParseOutcome outcome = ParsePacket(packet, options_.tunnels, &headers);
  ++outcomes_[static_cast<size_t>(outcome)];
  if (outcome == ParseOutcome::kUnsupported) ++unsupported_[packet.link_type];
  if (outcome != ParseOutcome::kOk) return;
  if (!options_.vlan_in_key) headers.vlan = 0;
  if (headers.fragment != PacketHeaders::Fragment::kNone) {
    work_->fragments.Resolve(packet.time_ns, &headers);
  }
  work_->builder.Add(packet.time_ns, packet.wire_bytes, headers);
}

bool CaptureEngine::AdmitOther(int64_t time_ns) {
  if (!IsPlausibleTime(time_ns)) {
    ++outcomes_[static_cast<size_t>(ParseOutcome::kMalformed)];
    return false;
  }
  if (!any_packet_) {
    any_packet_ = true;
    first_packet_ns_ = newest_ns_ = clock_ns_ = time_ns;
  }
  if (run_ < kMostRuns && IsJump(time_ns)) {
    jumps_ = true;
    return false;
  }
  if (time_ns < Watermark()) {
    ++late_;
    return false;
  }
  newest_ns_ = std::max(newest_ns_, time_ns);
  clock_ns_ = std::max(clock_ns_, time_ns);
  return true;
}

bool CaptureEngine::IsJump(int64_t time_ns) const {
  const int64_t most_back_ns = std::max(kMostBackNs, options_.lateness_ns);
  return newest_ns_ - time_ns > most_back_ns || time_ns - clock_ns_ > kMostAheadNs;
}

// Ends the run with what it has taken. `time_ns` is the first packet's of the next.
absl::Status CaptureEngine::StartNextRun(int64_t time_ns, const PacketSource& source) {
  if (absl::Status status = EmitBatch(source, true); !status.ok()) return status;
  clock_jump_ns_ = time_ns - newest_ns_;
  AddAccounting(&ended_, accounting_);
  accounting_.Clear();
  ++run_;
  sequence_ = 0;
  jumps_ = any_packet_ = false;
  return absl::OkStatus();
}

std::string CaptureEngine::RunName(const std::string& run, int number) {
  return number == 1 ? run : absl::StrCat(run, ".", number);
}

void CaptureEngine::FollowQuiet(const PacketSource& source) {
  if (!any_packet_) return;
  const int64_t furthest = std::min(newest_ns_ + kLongestHorizonNs, kLastPlausibleNs);
  clock_ns_ = std::max(clock_ns_, std::min(source.quiet_until_ns(), furthest));
}

int64_t CaptureEngine::Watermark() const {
  if (!any_packet_) return 0;
  return std::max(clock_ns_ - options_.lateness_ns, -kLastPlausibleNs);
}

// Without packets, a watermark that moved is worth a batch: it closes windows.
bool CaptureEngine::FlushIsDue(const PacketBlock& block) const {
  const bool any_waits = work_->builder.packets() + work_->builder.shed_packets() > 0;
  if (any_waits && block.packets.empty() && !ladder_.bigger_batches()) return true;
  if (options_.flush_after_ns == std::numeric_limits<int64_t>::max() || !any_packet_) return false;
  constexpr int64_t kBiggerBatches = 10;
  const int64_t after_ns =
      ladder_.bigger_batches() ? kBiggerBatches * options_.flush_after_ns : options_.flush_after_ns;
  if (any_waits) return clock_ns_ - batch_start_ns_ >= after_ns;
  return Watermark() - emitted_watermark_ns_ >= options_.flush_after_ns;
}

bool CaptureEngine::PublishIsDue(const PacketBlock& block) const {
  if (received_ == published_received_) return false;
  const bool all_for_now = block.packets.size() < PacketBlock::kMaxPackets;
  return all_for_now || received_ - published_received_ >= BatchBuilder::kMaxPackets;
}

void CaptureEngine::UpdateAccounting(const PacketSource& source) {
  const auto count = [this](ParseOutcome outcome) {
    return std::exchange(outcomes_[static_cast<size_t>(outcome)], 0);
  };
  accounting_.set_received(received_ - ended_.received());
  accounting_.set_late(late_ - ended_.late());
  const uint64_t shed = work_->builder.shed_packets() - shed_told_;
  shed_told_ += shed;
  accounting_.set_shed(accounting_.shed() + shed);
  accounting_.set_pending(accounting_.pending() + count(ParseOutcome::kOk) - shed);
  accounting_.set_malformed(accounting_.malformed() + count(ParseOutcome::kMalformed));
  for (const auto& [outcome, reason] : kFilterReasons) {
    AddFiltered(&accounting_, reason, count(outcome));
  }
  const SourceLoss loss = source.loss();
  v1::Loss* own = accounting_.mutable_loss();
  own->set_kernel_dropped_packets(loss.kernel_dropped - ended_.loss().kernel_dropped_packets());
  own->set_interface_dropped_packets(loss.interface_dropped -
                                     ended_.loss().interface_dropped_packets());
}

void CaptureEngine::TellLoss(v1::Loss* lost_before) {
  const uint64_t kernel =
      ended_.loss().kernel_dropped_packets() + accounting_.loss().kernel_dropped_packets();
  const uint64_t interface =
      ended_.loss().interface_dropped_packets() + accounting_.loss().interface_dropped_packets();
  lost_before->set_kernel_dropped_packets(kernel - told_loss_.kernel_dropped_packets());
  lost_before->set_interface_dropped_packets(interface - told_loss_.interface_dropped_packets());
  told_loss_.set_kernel_dropped_packets(kernel);
  told_loss_.set_interface_dropped_packets(interface);
}

absl::Status CaptureEngine::EmitBatch(const PacketSource& source, bool end_of_run) {
  const bool must_drop = MustDrop();
  if (must_drop) work_->builder.ShedAll();
  if (must_drop && !end_of_run) {  // it tells so once there is room
    FollowLoad();
    Publish(source);
    return absl::OkStatus();
  }
  if (work_->builder.packets() == 0) batch_began_ = std::chrono::steady_clock::now();
  v1::PacketBatch* batch = work_->builder.Finish();
  Publish(source);
  TellLoss(batch->mutable_lost_before());
  v1::BatchHeader* header = batch->mutable_header();
  header->set_origin(options_.origin);
  header->set_run(RunName(options_.run, run_));
  header->set_clock_jump_ns(clock_jump_ns_);
  header->set_source_kind(options_.source_kind);
  if (options_.now_ns) header->set_told_ns(options_.now_ns());
  header->set_sequence(++sequence_);
  // At the end of a run every packet has come: windows close up to the newest packet's, or to
  // where the source says that it listened.
  emitted_watermark_ns_ = end_of_run ? clock_ns_ : Watermark();
  header->set_watermark_ns(emitted_watermark_ns_);
  header->set_grid_start_ns(options_.align_first ? first_packet_ns_ : 0);
  header->set_first_packet_ns(first_packet_ns_);
  header->set_end_of_run(end_of_run);
  if (end_of_run) header->set_incomplete(ToUtf8(incomplete_));
  *header->mutable_accounting() = accounting_;
  absl::Status status = emit_(*batch);
  FollowLoad();
  work_->builder.Clear();
  shed_told_ = 0;
  return status;
}

void CaptureEngine::FollowLoad() {
  if (!options_.fill) return;
  ladder_.Update(options_.fill(), clock_ns_);
  work_->builder.SetShedShare(ladder_.share());
}

void CaptureEngine::Publish(const PacketSource& source) {
  UpdateAccounting(source);
  published_received_ = received_;
  std::lock_guard lock(mutex_);
  published_.accounting = accounting_;
  AddAccounting(&published_.accounting, ended_);
  published_.runs = run_;
  published_.rung = ladder_.rung();
  published_.shed_share = ladder_.share();
  published_.bytes_read = source.bytes_read();
  published_.bytes_total = source.bytes_total();
  published_.fragments_evicted = work_->fragments.evicted();
}

void CaptureEngine::OnAck(const v1::Ack& ack) {
  std::lock_guard lock(mutex_);
  acknowledged_[ack.run()] = ack.accounting();
}

CaptureProgress CaptureEngine::Progress() const {
  std::lock_guard lock(mutex_);
  CaptureProgress progress = published_;
  v1::Accounting* accounting = &progress.accounting;
  for (const auto& [run, decided] : acknowledged_) {
    AddAccounting(accounting, decided);
    // It was pending here.
    accounting->set_pending(accounting->pending() - decided.windowed() - FilteredPackets(decided) -
                            decided.shed());
  }
  return progress;
}

}  // namespace silhouette
