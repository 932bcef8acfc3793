#include "feature-svc/engine.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/accounting.h"
#include "common/batch_packets.h"
#include "common/grid.h"
#include "common/packet_bits.h"
#include "common/shed_hash.h"
#include "common/window_spec.h"
#include "feature-svc/packet_columns.h"

namespace silhouette {
namespace {

// Packet batches that close no window are told downstream in these steps at the least, so that
// they are settled and counted there too.
constexpr int kMaxQuietBatches = 64;

// Idle subjects are looked for in steps of event time.
constexpr int64_t kRemoveIdleEveryNs = 2'500'000'000;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// Why no window took a packet.
const char* FilterReason(Network network) {
  switch (network) {
    case Network::kIp:
      return "not_asked";
    case Network::kCut:
      return "cut_short";
    default:
      return "not_ip";
  }
}

uint64_t PartialWindows(const v1::WindowBatch& batch) {
  uint64_t partial = 0;
  for (const v1::WindowTable& table : batch.tables()) {
    partial += static_cast<uint64_t>(
        std::count(table.flags().begin(), table.flags().end(), kWindowPartial));
  }
  return partial;
}

// Null if there is none.
std::unique_ptr<WindowTask> TakeTask(const v1::WindowSpec& spec,
                                     std::vector<std::unique_ptr<WindowTask>>* tasks) {
  for (auto& task : *tasks) {
    if (task != nullptr && SpecText(task->spec()) == SpecText(spec)) return std::move(task);
  }
  return nullptr;
}

absl::Status NormalizeSpecs(SpecSet* specs) {
  for (v1::WindowSpec& spec : specs->specs) {
    if (absl::Status status = NormalizeSpec(&spec); !status.ok()) return status;
    if (absl::Status status = FindExtractor(spec.schema()).status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FeatureEngine>> FeatureEngine::Create(SpecSet specs,
                                                                     FeatureLimits limits) {
  if (absl::Status status = NormalizeSpecs(&specs); !status.ok()) return status;
  return std::unique_ptr<FeatureEngine>(new FeatureEngine(std::move(specs), limits));
}

FeatureEngine::FeatureEngine(SpecSet specs, FeatureLimits limits)
    : specs_(std::move(specs)),
      limits_(limits),
      writer_([this](v1::WindowBatch* batch) { EmitBatch(/*last=*/false, batch); }) {}

absl::Status FeatureEngine::SetSpecs(SpecSet specs) {
  if (absl::Status status = NormalizeSpecs(&specs); !status.ok()) return status;
  specs_ = std::move(specs);
  if (started_) MakeTasks();
  return absl::OkStatus();
}

absl::Status FeatureEngine::Consume(const v1::PacketBatch& batch, const Emit& emit) {
  if (absl::Status status = CheckColumns(batch); !status.ok()) return status;
  if (absl::Status status = Start(batch.header()); !status.ok()) return status;
  if (absl::Status status = CheckBatch(batch); !status.ok()) return status;
  header_ = &batch.header();
  emit_ = &emit;
  // Without one, all is 0.
  shed_.Add(batch.shed().share(), batch.shed().from_ns(), batch.shed().until_ns());
  const int64_t last_end_ns = AddPackets(batch);
  if (!header_->replay_of_settled()) {
    settlement_.AddPackets(
        header_->sequence(),
        header_->end_of_run() ? kForever : std::max(last_end_ns, header_->watermark_ns()),
        decided_);
  }
  watermark_ns_ = header_->watermark_ns();
  if (batch.time_ns_size() > 0) {
    to_come_from_ns_ = std::max(to_come_from_ns_, PacketsOf(batch).newest_ns + 1);
  }
  if (watermark_ns_ != 0) to_come_from_ns_ = std::max(to_come_from_ns_, watermark_ns_);
  return EmitClosed();
}

absl::Status FeatureEngine::Start(const v1::BatchHeader& header) {
  if (started_) {
    if (header.grid_start_ns() == grid_start_ns_) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("packet batch ", header.sequence(), " moves the grid's start from ",
                     grid_start_ns_, " to ", header.grid_start_ns(), " ns within a run"));
  }
  if (!IsPlausibleTime(header.grid_start_ns())) {
    return absl::InvalidArgumentError(
        absl::StrCat("grid start at ", header.grid_start_ns(), " ns, outside of time"));
  }
  if (header.sequence() > 1 && !header.has_complete_from_ns()) {
    return absl::InvalidArgumentError(
        absl::StrCat("packet batch ", header.sequence(),
                     " goes on with a run, but does not say from when it is complete"));
  }
  if (!IsPlausibleTime(header.settled_until_ns()) || !IsPlausibleTime(header.complete_from_ns())) {
    return absl::InvalidArgumentError(absl::StrCat("packet batch ", header.sequence(),
                                                   " goes on with a run from outside of time"));
  }
  started_ = true;
  if (header.has_settled_until_ns()) settled_until_ns_ = header.settled_until_ns();
  if (header.has_complete_from_ns()) complete_from_ns_ = header.complete_from_ns();
  grid_start_ns_ = header.grid_start_ns();
  watermark_ns_ = to_come_from_ns_ = removed_idle_ns_ = kNever;
  MakeTasks();
  return absl::OkStatus();
}

absl::Status FeatureEngine::CheckBatch(const v1::PacketBatch& batch) const {
  const int64_t first_ns = std::max(watermark_ns_, -kLastPlausibleNs);
  const auto is_wrong = [=](int64_t time_ns) {
    return time_ns < first_ns || time_ns > kLastPlausibleNs;
  };
  const auto wrong = std::find_if(batch.time_ns().begin(), batch.time_ns().end(), is_wrong);
  if (wrong != batch.time_ns().end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("packet batch ", batch.header().sequence(), " has a packet at ", *wrong,
                     " ns, outside of time or before the watermark ", watermark_ns_));
  }
  const v1::Shed& shed = batch.shed();
  if (shed.share() > kShedShares || !IsPlausibleTime(shed.from_ns()) ||
      !IsPlausibleTime(shed.until_ns())) {
    return absl::InvalidArgumentError(absl::StrCat("packet batch ", batch.header().sequence(),
                                                   " sheds a share of ", shed.share(), " of ",
                                                   kShedShares, ", or outside of time"));
  }
  if (!IsPlausibleTime(batch.header().watermark_ns())) {
    return absl::InvalidArgumentError(
        absl::StrCat("watermark at ", batch.header().watermark_ns(), " ns, outside of time"));
  }
  if (batch.header().replay_of_settled() &&
      (batch.header().end_of_run() || batch.header().watermark_ns() > settled_until_ns_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("packet batch ", batch.header().sequence(),
                     " is sent again as settled, but closes windows that are not"));
  }
  if (batch.header().watermark_ns() < watermark_ns_) {
    return absl::InvalidArgumentError(absl::StrCat("packet batch ", batch.header().sequence(),
                                                   " takes the watermark back from ", watermark_ns_,
                                                   " to ", batch.header().watermark_ns(), " ns"));
  }
  return absl::OkStatus();
}

// In the order of the specs. What there is for them stays as it is, and so do the subjects.
void FeatureEngine::MakeTasks() {
  auto old_groups = std::exchange(groups_, {});
  std::vector<std::unique_ptr<WindowTask>> old_tasks;
  for (const auto& group : old_groups) {
    for (auto& task : group->TakeTasks()) old_tasks.push_back(std::move(task));
  }
  int64_t last_end_ns = watermark_ns_;  // of the windows that hold packets and are not dropped
  for (const v1::WindowSpec& spec : specs_.specs) {
    SubjectGroup* group = GroupFor(spec, &old_groups);
    std::unique_ptr<WindowTask> task = TakeTask(spec, &old_tasks);
    if (task == nullptr) {
      task = MakeTask(spec);
    } else if (to_come_from_ns_ != kNever) {
      const Grid panes{grid_start_ns_, spec.hop_ns()};
      last_end_ns = std::max(last_end_ns, panes.EdgeBefore(to_come_from_ns_) + spec.length_ns());
    }
    longest_reach_ns_ =
        std::max<int64_t>(longest_reach_ns_, spec.length_ns() + task->schema().horizon_ns);
    group->AddTask(std::move(task));
  }
  settlement_.DropWindowsBehind(last_end_ns);
  for (const auto& group : old_groups) {
    if (group != nullptr) evicted_subjects_ += group->evicted();
  }
}

// Packets up to the newest one may have come before the task, whatever the watermark is. And no
// window may start before the watermark that the last window batch told.
std::unique_ptr<WindowTask> FeatureEngine::MakeTask(const v1::WindowSpec& spec) const {
  const FeatureSchema* schema = *FindSchema(spec.schema());
  WindowBounds bounds;
  if (to_come_from_ns_ != kNever) {
    bounds.first_start_ns = to_come_from_ns_ + schema->horizon_ns;
  } else if (settled_until_ns_ != kNever) {
    bounds.first_start_ns = settled_until_ns_ - spec.length_ns() + 1;
  }
  bounds.complete_from_ns = complete_from_ns_;
  bounds.shed = &shed_;
  return std::make_unique<WindowTask>(spec, schema, *FindExtractor(spec.schema()), grid_start_ns_,
                                      limits_, bounds);
}

SubjectGroup* FeatureEngine::GroupFor(const v1::WindowSpec& spec,
                                      std::vector<std::unique_ptr<SubjectGroup>>* old_groups) {
  const auto holds = [&](const auto& group) { return group != nullptr && group->Holds(spec); };
  const auto there = std::find_if(groups_.begin(), groups_.end(), holds);
  if (there != groups_.end()) return there->get();
  const auto old = std::find_if(old_groups->begin(), old_groups->end(), holds);
  groups_.push_back(old != old_groups->end()
                        ? std::move(*old)
                        : std::make_unique<SubjectGroup>(spec.subject(), spec.filter(), limits_));
  return groups_.back().get();
}

int64_t FeatureEngine::AddPackets(const v1::PacketBatch& batch) {
  const FlowColumns flows(batch.flows());
  const auto packets = static_cast<size_t>(batch.time_ns_size());
  size_t most = std::max<size_t>(packets, 1);
  for (const auto& group : groups_) most = std::min(most, group->most_packets());
  int64_t last_end_ns = kNever;
  for (size_t first = 0; first < packets; first += most) {
    const size_t count = std::min(most, packets - first);
    last_end_ns = std::max(last_end_ns, AddSlice(batch, flows, first, count));
  }
  return last_end_ns;
}

int64_t FeatureEngine::AddSlice(const v1::PacketBatch& batch, const FlowColumns& flows,
                                size_t first, size_t count) {
  const auto sink_of = [this](const WindowTask& task) { return writer_.StartTable(task); };
  samples_of_flow_.assign(flows.size(), 0);
  dropped_of_packet_.clear();
  int64_t last_end_ns = kNever;
  for (const auto& group : groups_) {
    const auto appended = group->Append(batch, flows, first, count, sink_of);
    last_end_ns = std::max(last_end_ns, appended.last_end_ns);
    const auto tasks = static_cast<uint32_t>(group->tasks().size());
    for (size_t i = 0; i < flows.size(); ++i) samples_of_flow_[i] += tasks * appended.subjects[i];
    if (!appended.dropped.empty()) dropped_of_packet_.resize(count);
    for (uint32_t packet : appended.dropped) ++dropped_of_packet_[packet - first];
  }
  if (!header_->replay_of_settled()) CountPackets(batch, flows, first, count);
  return last_end_ns;
}

// A packet is shed if all of its windows had no room for it.
void FeatureEngine::CountPackets(const v1::PacketBatch& batch, const FlowColumns& flows,
                                 size_t first, size_t count) {
  const uint32_t* flow = batch.flow().data() + first;
  uint64_t wanted = 0, shed = 0;
  for (size_t i = 0; i < count; ++i) wanted += samples_of_flow_[flow[i]] != 0;
  std::array<uint64_t, 4> left_out{};  // by network
  for (size_t i = 0; i < count && wanted < count; ++i) {
    if (samples_of_flow_[flow[i]] == 0) ++left_out[static_cast<size_t>(flows.network(flow[i]))];
  }
  for (size_t i = 0; i < dropped_of_packet_.size(); ++i) {
    const uint32_t dropped = dropped_of_packet_[i];
    shed += dropped > 0 && dropped >= samples_of_flow_[flow[i]];
  }
  decided_.set_windowed(decided_.windowed() + wanted - shed);
  decided_.set_shed(decided_.shed() + shed);
  for (size_t i = 0; i < left_out.size(); ++i) {
    AddFiltered(&decided_, FilterReason(static_cast<Network>(i)), left_out[i]);
  }
}

void FeatureEngine::CloseWindows(bool end_of_run) {
  for (const auto& group : groups_) {
    group->Arrange(watermark_ns_);
    for (const auto& task : group->tasks()) {
      WindowSink* sink = writer_.StartTable(*task);
      // At the end of a run the newest packet's window closes too.
      if (end_of_run) {
        task->CloseStartedBy(watermark_ns_, group->table(), sink);
      } else {
        task->CloseUntil(watermark_ns_, group->table(), sink);
      }
    }
  }
}

void FeatureEngine::RemoveIdle() {
  if (removed_idle_ns_ + kRemoveIdleEveryNs > watermark_ns_) return;
  removed_idle_ns_ = watermark_ns_;
  shed_.ForgetBefore(watermark_ns_ - longest_reach_ns_);
  for (const auto& group : groups_) group->RemoveIdle();
}

absl::Status FeatureEngine::EmitClosed() {
  const uint64_t sequence_before = sequence_;
  CloseWindows(header_->end_of_run());
  RemoveIdle();
  const bool nothing_to_say =
      writer_.batch()->tables().empty() && sequence_ == sequence_before && !header_->end_of_run();
  // Context has told all it had to before the break, unless it evicts a subject.
  if (nothing_to_say && header_->replay_of_settled()) return absl::OkStatus();
  if (nothing_to_say && ++quiet_batches_ < kMaxQuietBatches) return absl::OkStatus();
  quiet_batches_ = 0;
  EmitBatch(/*last=*/true, writer_.batch());
  if (header_->end_of_run()) {  // acks may take longer
    evicted_subjects_ = use().evicted_subjects;
    groups_.clear();
  }
  return emitted_;
}

// A batch that is not the last for its packets says nothing yet about how far windows are closed.
void FeatureEngine::EmitBatch(bool last, v1::WindowBatch* batch) {
  v1::BatchHeader* header = batch->mutable_header();
  *header = *header_;
  header->set_sequence(++sequence_);
  header->set_end_of_run(last && header_->end_of_run());
  *header->mutable_accounting() = Accounts(*header_);
  batch->set_spec_set_hash(specs_.hash);
  if (last) {
    emitted_watermark_ns_ = header_->end_of_run() ? watermark_ns_ : FirstOpenStart();
    settlement_.AddWindows(sequence_, header_->end_of_run() ? kForever : watermark_ns_);
  }
  header->set_watermark_ns(emitted_watermark_ns_);
  partial_windows_ += PartialWindows(*batch);
  if (emitted_.ok()) emitted_ = (*emit_)(*batch);
  batch->Clear();
}

v1::Accounting FeatureEngine::Accounts(const v1::BatchHeader& header) {
  v1::Accounting accounting = header.accounting();
  AddAccounting(&accounting, decided_);
  accounting.set_pending(accounting.pending() - decided_.windowed() - decided_.shed() -
                         FilteredPackets(decided_));
  return accounting;
}

int64_t FeatureEngine::FirstOpenStart() const {
  int64_t start_ns = watermark_ns_;
  for (const auto& group : groups_) {
    for (const auto& task : group->tasks()) {
      start_ns = std::min(start_ns, task->FirstOpenStartNs(watermark_ns_));
    }
  }
  return start_ns;
}

FeatureUse FeatureEngine::use() const {
  FeatureUse use;
  use.partial_windows = partial_windows_;
  use.evicted_subjects = evicted_subjects_;
  for (const auto& group : groups_) {
    use.subjects += group->subjects();
    use.evicted_subjects += group->evicted();
    for (const auto& task : group->tasks()) use.samples += task->samples();
  }
  return use;
}

v1::Ack FeatureEngine::AckFor(const v1::Ack& windows_ack) {
  v1::Ack ack;
  ack.set_origin(windows_ack.origin());
  ack.set_run(windows_ack.run());
  Settlement::Settled settled = settlement_.OnSettled(windows_ack.sequence());
  ack.set_sequence(settled.sequence);
  *ack.mutable_accounting() = std::move(settled.decided);
  if (settled.until_ns != Settlement::Settled::kNoWindow && settled.until_ns != kForever) {
    ack.set_settled_until_ns(settled.until_ns);
    ack.set_keep_from_ns(settled.until_ns - longest_reach_ns_);
  }
  return ack;
}

}  // namespace silhouette
