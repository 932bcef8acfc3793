#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/schema.h"
#include "common/subject.h"
#include "feature-svc/extractor.h"
#include "feature-svc/settlement.h"
#include "feature-svc/window_store.h"
#include "silhouette/v1/packet.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// What to compute, in a fixed order, and the hash that travels with it.
struct SpecSet {
  std::vector<v1::WindowSpec> specs;  // normalized
  std::string hash;
};

// Makes windows from the packet batches of one (origin, run). Has no clock: batches bring the
// watermark. Consume comes from one thread, AckFor from any.
class FeatureEngine {
 public:
  // Takes the next window batch; blocks while the receiver is slower.
  using Emit = std::function<absl::Status(const v1::WindowBatch&)>;

  // Errors: INVALID_ARGUMENT or NOT_FOUND when a spec cannot be computed.
  static absl::StatusOr<std::unique_ptr<FeatureEngine>> Create(SpecSet specs);

  // Adds the packets to their windows, closes what the watermark closes and emits it.
  // Errors: INVALID_ARGUMENT (the batch contradicts itself or an earlier one), or Emit's.
  absl::Status Consume(const v1::PacketBatch& batch, const Emit& emit);

  // Turns the ack of a window batch into the ack of the packet batches that it settles; its
  // sequence is 0 when there is none yet.
  v1::Ack AckFor(const v1::Ack& windows_ack);

 private:
  // One spec and its open windows.
  struct Task {
    v1::WindowSpec spec;
    const FeatureSchema* schema;
    std::string schema_hash;
    Extractor extract;
    std::unique_ptr<WindowStore> store;  // made with the first batch, which brings the grid
  };

  explicit FeatureEngine(SpecSet specs) : specs_(std::move(specs)) {}
  absl::Status Start(const v1::BatchHeader& header);
  absl::Status CheckBatch(const v1::PacketBatch& batch) const;
  // Returns the end of the last window that took a packet, ns.
  int64_t AddPackets(const v1::PacketBatch& batch);
  absl::Status EmitClosed(const v1::BatchHeader& header, const Emit& emit);
  absl::Status EmitBatch(const v1::BatchHeader& from, bool last, v1::WindowBatch* batch,
                         const Emit& emit);

  // The start of the first window that is still open, ns.
  int64_t FirstOpenStart() const;

  const SpecSet specs_;
  std::vector<Task> tasks_;
  bool started_ = false;
  int64_t grid_start_ns_ = 0;
  int64_t watermark_ns_ = 0;          // of the packets
  int64_t emitted_watermark_ns_ = 0;  // of the windows
  uint64_t sequence_ = 0;
  int quiet_batches_ = 0;  // packet batches since the last window batch
  Settlement settlement_;
  std::mutex mutex_;
  v1::Accounting decided_;  // windowed and filtered here; guarded by mutex_
};

}  // namespace silhouette
