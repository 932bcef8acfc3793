#include "feature-svc/engine.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/accounting.h"
#include "common/grid.h"
#include "common/packet_bits.h"
#include "common/window_spec.h"
#include "feature-svc/packet_columns.h"
#include "feature-svc/window_table_builder.h"

namespace silhouette {
namespace {

// Keeps a message far below the links' limit, whatever the schema's width: 64 Ki values, and names
// and times for as many windows at the most.
constexpr int kMaxValuesPerBatch = 1 << 16;

// Packet batches that close no window are told downstream in these steps at the least, so that
// they are settled and counted there too.
constexpr int kMaxQuietBatches = 64;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

int Values(const v1::WindowBatch& batch) {
  int values = 0;
  for (const v1::WindowTable& table : batch.tables()) values += table.values_size();
  return values;
}

// A conversation is one of IP.
bool Takes(const v1::PacketFilter& filter, const FlowKey& flow) {
  if (flow.network != Network::kIp) return false;
  const auto& protocols = filter.ip_protocols();
  return protocols.empty() ||
         std::find(protocols.begin(), protocols.end(), flow.protocol) != protocols.end();
}

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

}  // namespace

absl::StatusOr<std::unique_ptr<FeatureEngine>> FeatureEngine::Create(SpecSet specs) {
  std::unique_ptr<FeatureEngine> engine(new FeatureEngine(std::move(specs)));
  for (v1::WindowSpec spec : engine->specs_.specs) {
    if (absl::Status status = NormalizeSpec(&spec); !status.ok()) return status;
    auto schema = FindSchema(spec.schema());
    if (!schema.ok()) return schema.status();
    auto extract = FindExtractor(spec.schema());
    if (!extract.ok()) return extract.status();
    engine->tasks_.push_back({spec, *schema, (*schema)->Hash(), *extract, nullptr});
  }
  return engine;
}

absl::Status FeatureEngine::Consume(const v1::PacketBatch& batch, const Emit& emit) {
  if (absl::Status status = CheckColumns(batch); !status.ok()) return status;
  if (absl::Status status = Start(batch.header()); !status.ok()) return status;
  if (absl::Status status = CheckBatch(batch); !status.ok()) return status;
  const int64_t last_end_ns = AddPackets(batch);
  {
    std::lock_guard lock(mutex_);
    settlement_.AddPackets(batch.header().sequence(), last_end_ns, decided_);
  }
  watermark_ns_ = batch.header().watermark_ns();
  return EmitClosed(batch.header(), emit);
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
  started_ = true;
  grid_start_ns_ = header.grid_start_ns();
  watermark_ns_ = kNever;
  for (Task& task : tasks_) {
    task.store = std::make_unique<WindowStore>(Grid{grid_start_ns_, task.spec.length_ns()},
                                               task.schema->horizon_ns);
  }
  return absl::OkStatus();
}

absl::Status FeatureEngine::CheckBatch(const v1::PacketBatch& batch) const {
  for (int64_t time_ns : batch.time_ns()) {
    if (time_ns >= watermark_ns_ && IsPlausibleTime(time_ns)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("packet batch ", batch.header().sequence(), " has a packet at ", time_ns,
                     " ns, outside of time or before the watermark ", watermark_ns_));
  }
  if (!IsPlausibleTime(batch.header().watermark_ns())) {
    return absl::InvalidArgumentError(
        absl::StrCat("watermark at ", batch.header().watermark_ns(), " ns, outside of time"));
  }
  if (batch.header().watermark_ns() < watermark_ns_) {
    return absl::InvalidArgumentError(absl::StrCat("packet batch ", batch.header().sequence(),
                                                   " takes the watermark back from ", watermark_ns_,
                                                   " to ", batch.header().watermark_ns(), " ns"));
  }
  return absl::OkStatus();
}

int64_t FeatureEngine::AddPackets(const v1::PacketBatch& batch) {
  const std::vector<FlowKey> flows = ReadFlows(batch.flows());
  uint64_t windowed = 0;
  std::array<uint64_t, 4> left_out{};  // by network
  int64_t last_end_ns = kNever;
  for (int i = 0; i < batch.time_ns_size(); ++i) {
    const FlowKey& flow = flows[batch.flow(i)];
    const Sample sample{batch.time_ns(i), batch.wire_bytes(i),
                        (batch.flags()[static_cast<size_t>(i)] & kPacketOutbound) != 0};
    bool taken = false;
    for (Task& task : tasks_) {
      if (!Takes(task.spec.filter(), flow)) continue;
      const int64_t index = task.store->Add(flow, sample);
      last_end_ns = std::max(last_end_ns, task.store->grid().StartOf(index + 1));
      taken = true;
    }
    if (taken) {
      ++windowed;
    } else {
      ++left_out[static_cast<size_t>(flow.network)];
    }
  }
  std::lock_guard lock(mutex_);
  decided_.set_windowed(decided_.windowed() + windowed);
  for (size_t i = 0; i < left_out.size(); ++i) {
    AddFiltered(&decided_, FilterReason(static_cast<Network>(i)), left_out[i]);
  }
  return last_end_ns;
}

absl::Status FeatureEngine::EmitClosed(const v1::BatchHeader& header, const Emit& emit) {
  v1::WindowBatch batch;
  absl::Status status;
  bool emitted = false;
  for (Task& task : tasks_) {
    WindowTableBuilder table(task.spec, task.schema_hash, task.schema->features.size(), &batch);
    const int64_t newest = task.store->grid().IndexOf(watermark_ns_);
    // At the end of a run the newest packet's window closes too.
    task.store->CloseBefore(
        header.end_of_run() ? newest + 1 : newest,
        [&](const std::string& subject, int64_t start_ns, const WindowInput& window) {
          task.extract(window, table.Add(subject, start_ns));
          if (!status.ok() || Values(batch) < kMaxValuesPerBatch) return;
          status = EmitBatch(header, false, &batch, emit);
          emitted = true;
          table.Restart();
        });
  }
  if (!status.ok()) return status;
  const bool nothing_to_say = batch.tables().empty() && !emitted && !header.end_of_run();
  if (nothing_to_say && ++quiet_batches_ < kMaxQuietBatches) return absl::OkStatus();
  quiet_batches_ = 0;
  return EmitBatch(header, true, &batch, emit);
}

// A batch that is not the last for its packets says nothing yet about how far windows are closed.
absl::Status FeatureEngine::EmitBatch(const v1::BatchHeader& from, bool last,
                                      v1::WindowBatch* batch, const Emit& emit) {
  v1::BatchHeader* header = batch->mutable_header();
  *header = from;
  header->set_sequence(++sequence_);
  header->set_end_of_run(last && from.end_of_run());
  v1::Accounting* accounting = header->mutable_accounting();
  {
    std::lock_guard lock(mutex_);
    AddAccounting(accounting, decided_);
    accounting->set_pending(accounting->pending() - decided_.windowed() -
                            FilteredPackets(decided_));
  }
  batch->set_spec_set_hash(specs_.hash);
  if (last) emitted_watermark_ns_ = from.end_of_run() ? from.watermark_ns() : FirstOpenStart();
  header->set_watermark_ns(emitted_watermark_ns_);
  if (last) settlement_.AddWindows(sequence_, from.end_of_run() ? kForever : watermark_ns_);
  absl::Status status = emit(*batch);
  batch->Clear();
  return status;
}

int64_t FeatureEngine::FirstOpenStart() const {
  int64_t start_ns = watermark_ns_;
  for (const Task& task : tasks_) {
    start_ns = std::min(start_ns, task.store->grid().EdgeBefore(watermark_ns_));
  }
  return start_ns;
}

v1::Ack FeatureEngine::AckFor(const v1::Ack& windows_ack) {
  v1::Ack ack;
  ack.set_origin(windows_ack.origin());
  ack.set_run(windows_ack.run());
  Settlement::Settled settled = settlement_.OnSettled(windows_ack.sequence());
  ack.set_sequence(settled.sequence);
  *ack.mutable_accounting() = std::move(settled.decided);
  return ack;
}

}  // namespace silhouette
