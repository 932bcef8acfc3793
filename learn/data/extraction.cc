#include "learn/data/extraction.h"

#include <utility>

namespace silhouette {

Extraction::Extraction(CaptureOptions options, SpecSet specs, const FeatureLimits& limits,
                       Take take)
    : specs_(std::move(specs)),
      limits_(limits),
      take_(std::move(take)),
      capture_(std::move(options),
               [this](const v1::PacketBatch& batch) { return TakePackets(batch); }) {}

absl::Status Extraction::TakePackets(const v1::PacketBatch& batch) {
  if (batch.header().sequence() == 1) {
    auto features = FeatureEngine::Create(specs_, limits_);
    if (!features.ok()) return features.status();
    features_ = *std::move(features);
  }
  absl::Status status = features_->Consume(batch, [this](const v1::WindowBatch& windows) {
    absl::Status taken = take_(windows);
    v1::Ack ack;
    ack.set_run(windows.header().run());
    ack.set_sequence(windows.header().sequence());
    capture_.OnAck(features_->AckFor(ack));
    return taken;
  });
  if (!batch.header().end_of_run()) return status;
  cost_.evicted_subjects += features_->use().evicted_subjects;
  cost_.partial_windows += features_->use().partial_windows;
  return status;
}

}  // namespace silhouette
