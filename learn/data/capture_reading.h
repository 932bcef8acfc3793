#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/engine.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Takes a capture's windows of one run; `run` counts from 1, and one more for each jump of the
// clock.
using TakeWindows = std::function<void(int run, const v1::WindowBatch& windows)>;

// Reads a capture once, through the engines of capture-svc and feature-svc. Returns how many
// windows of later runs were not given to `take`, which gets them only where `all_runs` are wanted.
// Errors: as OpenCapture; DATA_LOSS for a capture that is cut short, as learning takes whole
// captures alone.
absl::StatusOr<uint64_t> ReadCapture(const std::string& pcap, const CaptureOptions& read,
                                     const v1::WindowSpec& spec, bool all_runs,
                                     const std::function<void(const CaptureProgress&)>& tell,
                                     const TakeWindows& take);

}  // namespace silhouette
