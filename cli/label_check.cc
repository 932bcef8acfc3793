#include "cli/label_check.h"

#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/label_fit.h"
#include "cli/label_fit_lines.h"
#include "common/capture_file/open_capture.h"
#include "learn/data/truth.h"

namespace silhouette {
namespace {

// Up to where its clock jumps, as `run` takes a truth. `cut` is filled when the capture ends early.
absl::StatusOr<CaptureOutline> ReadTimes(const std::string& file) {
  auto source = OpenCapture(file);
  if (!source.ok()) return source.status();
  CaptureOutline capture{file};
  bool end = false;
  while (!end && !capture.jumps) {
    const auto block = (*source)->Read();
    if (!block.ok()) {
      capture.cut = std::string(block.status().message());
      break;
    }
    for (const RawPacket& packet : block->packets) {
      capture.jumps = !capture.times.Add(packet.time_ns);
      if (capture.jumps) break;
    }
    end = block->end;
  }
  if (end) capture.cut = (*source)->trouble();
  if (capture.times.packets > 0) return capture;
  return absl::InvalidArgumentError(
      !capture.cut.empty() ? capture.cut
                           : absl::StrCat(file, ": holds no packets; capture for longer"));
}

}  // namespace

absl::Status CheckTruth(const std::string& truth_file, const std::string& capture_file, bool json) {
  const auto truth = ReadTruth(truth_file);
  if (!truth.ok()) return truth.status();
  const auto capture = ReadTimes(capture_file);
  if (!capture.ok()) return capture.status();
  const TruthFit fit = FitTruth(*truth, capture->times);
  if (json) {
    std::cout << FitJson(fit, *capture, truth_file) << "\n" << std::flush;
  } else {
    std::cout << FitText(fit, *capture, truth_file) << std::flush;
  }
  if (!std::cout) return absl::UnavailableError("standard output cannot be written");
  absl::Status overlap = CheckOverlap(fit, truth_file, capture_file);
  if (!overlap.ok() || capture->cut.empty()) return overlap;
  return absl::DataLossError(capture->cut);
}

}  // namespace silhouette
