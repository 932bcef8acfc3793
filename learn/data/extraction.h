#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "capture-svc/engine.h"
#include "feature-svc/engine.h"

namespace silhouette {

// A capture in, windows out: the engines of capture-svc and feature-svc in this process, without
// gRPC. Where the clock of the capture jumps, another run's windows follow.
class Extraction {
 public:
  // Takes the next windows, which are only good during the call. An error ends the run.
  using Take = std::function<absl::Status(const v1::WindowBatch&)>;

  // `options` name an origin and a run.
  Extraction(CaptureOptions options, SpecSet specs, const FeatureLimits& limits, Take take);

  // Call once. Errors: as CaptureEngine::Read and FeatureEngine::Create.
  absl::Status Run(PacketSource* source) { return capture_.Read(source); }
  // Makes Run end early. From any thread.
  void Stop() { capture_.Stop(); }
  // From any thread.
  CaptureProgress progress() const { return capture_.Progress(); }
  // After Run: as CaptureEngine::incomplete.
  const std::string& incomplete() const { return capture_.incomplete(); }
  // What the limits cost in the runs that have ended.
  const FeatureUse& cost() const { return cost_; }

 private:
  absl::Status TakePackets(const v1::PacketBatch& batch);

  const SpecSet specs_;
  const FeatureLimits limits_;
  const Take take_;
  std::unique_ptr<FeatureEngine> features_;  // of the run
  FeatureUse cost_;
  CaptureEngine capture_;
};

}  // namespace silhouette
