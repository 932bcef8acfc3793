#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "feature-svc/limits.h"
#include "feature-svc/settlement.h"
#include "feature-svc/shed_log.h"
#include "feature-svc/subject_group.h"
#include "feature-svc/window_writer.h"
#include "silhouette/v1/packet.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// What to compute, in a fixed order, and the hash that travels with it.
struct SpecSet {
  std::vector<v1::WindowSpec> specs;  // normalized
  std::string hash;
};

// What the limits cost, and how much they hold.
struct FeatureUse {
  size_t subjects = 0;  // held now
  size_t samples = 0;   // held now
  uint64_t evicted_subjects = 0;
  uint64_t partial_windows = 0;
};

// Makes windows from the packet batches of one (origin, run), of the first or of those that a
// sender sends again to go on with the run. Has no clock: batches bring the watermark. Consume
// comes from one thread, AckFor from any.
class FeatureEngine {
 public:
  // Takes the next window batch; blocks while the receiver is slower. The batch is only good
  // during the call.
  using Emit = std::function<absl::Status(const v1::WindowBatch&)>;

  // Errors: INVALID_ARGUMENT or NOT_FOUND when a spec cannot be computed.
  static absl::StatusOr<std::unique_ptr<FeatureEngine>> Create(SpecSet specs,
                                                               FeatureLimits limits = {});

  // Sets what is computed from here on. Specs that stay keep their windows as they are. Those that
  // are new give out the windows that begin a full horizon later, so that no packet that came
  // before is missing from them. The open windows of those that go are dropped: batches carry the
  // new hash, under which nobody takes them. From the thread that calls Consume. Errors: as Create;
  // nothing changes then.
  absl::Status SetSpecs(SpecSet specs);

  // Adds the packets to their windows, closes what the watermark closes and emits it.
  // Errors: INVALID_ARGUMENT (the batch contradicts itself or an earlier one), or Emit's.
  absl::Status Consume(const v1::PacketBatch& batch, const Emit& emit);

  // Turns the ack of a window batch into the ack of the packet batches that it settles.
  v1::Ack AckFor(const v1::Ack& windows_ack);

  // From the thread that calls Consume.
  FeatureUse use() const;
  // Where the packets went up to and including the batch of `header`, which was consumed last.
  v1::Accounting Accounts(const v1::BatchHeader& header);

 private:
  FeatureEngine(SpecSet specs, FeatureLimits limits);
  absl::Status Start(const v1::BatchHeader& header);
  absl::Status CheckBatch(const v1::PacketBatch& batch) const;
  void MakeTasks();
  std::unique_ptr<WindowTask> MakeTask(const v1::WindowSpec& spec) const;
  SubjectGroup* GroupFor(const v1::WindowSpec& spec,
                         std::vector<std::unique_ptr<SubjectGroup>>* old_groups);
  // Returns the end of the last window that took a packet, ns.
  int64_t AddPackets(const v1::PacketBatch& batch);
  int64_t AddSlice(const v1::PacketBatch& batch, const FlowColumns& flows, size_t first,
                   size_t count);
  void CountPackets(const v1::PacketBatch& batch, const FlowColumns& flows, size_t first,
                    size_t count);
  void CloseWindows(bool end_of_run);
  void RemoveIdle();
  absl::Status EmitClosed();
  void EmitBatch(bool last, v1::WindowBatch* batch);

  // The start of the first window that is still open, ns.
  int64_t FirstOpenStart() const;

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  SpecSet specs_;
  const FeatureLimits limits_;
  std::vector<std::unique_ptr<SubjectGroup>> groups_;  // made with the first batch, by its grid
  bool started_ = false;                               // the grid is known
  int64_t grid_start_ns_ = 0;
  int64_t settled_until_ns_ = kNever;          // before the first batch
  int64_t complete_from_ns_ = kNever;          // packets before may be missing
  std::atomic<int64_t> longest_reach_ns_ = 0;  // back from a window's end
  int64_t watermark_ns_ = 0;                   // of the packets
  int64_t to_come_from_ns_ = 0;                // all packets from here on are still to come
  int64_t emitted_watermark_ns_ = 0;           // of the windows
  int64_t removed_idle_ns_ = 0;                // the watermark when idle subjects were last removed
  uint64_t sequence_ = 0;
  int quiet_batches_ = 0;  // packet batches since the last window batch
  uint64_t partial_windows_ = 0;
  uint64_t evicted_subjects_ = 0;  // by groups that are gone
  ShedLog shed_;
  WindowWriter writer_;
  // While Consume runs: the header of its batch, where windows go, and how that went.
  const v1::BatchHeader* header_ = nullptr;
  const Emit* emit_ = nullptr;
  absl::Status emitted_;
  // Memory to use again: by flow of the batch, how many samples each packet should have become;
  // by packet of the slice, how many found no room.
  std::vector<uint32_t> samples_of_flow_;
  std::vector<uint32_t> dropped_of_packet_;
  v1::Accounting decided_;  // windowed, filtered and shed here
  Settlement settlement_;
};

}  // namespace silhouette
