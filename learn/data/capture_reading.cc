#include "learn/data/capture_reading.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/open_capture.h"
#include "common/window_spec.h"
#include "learn/data/extraction.h"

namespace silhouette {
namespace {

// `why` says behind its semicolon what becomes of the rest elsewhere.
absl::Status CutShort(const std::string& why) {
  return absl::DataLossError(
      absl::StrCat(why.substr(0, why.find("; ")),
                   "; learning takes whole captures alone: save what is whole of it, as by tcpdump "
                   "-r OLD -w NEW"));
}

}  // namespace

absl::StatusOr<uint64_t> ReadCapture(const std::string& pcap, const CaptureOptions& read,
                                     const v1::WindowSpec& spec, bool all_runs,
                                     const std::function<void(const CaptureProgress&)>& tell,
                                     const TakeWindows& take) {
  auto source = OpenCapture(pcap);
  if (!source.ok()) return source.status();
  CaptureOptions options = read;
  options.origin = options.run = "learn";
  std::string run = options.run;
  int number = 1;
  uint64_t after_jump = 0;
  const auto take_or_count = [&](const v1::WindowBatch& windows) {
    if (windows.header().run() != run) {
      run = windows.header().run();
      ++number;
    }
    if (number == 1 || all_runs) return take(number, windows);
    for (const v1::WindowTable& table : windows.tables()) {
      after_jump += static_cast<uint64_t>(table.start_ns_size());
    }
  };
  Extraction extraction(std::move(options), {{spec}, SpecSetHash({spec})}, FeatureLimits(),
                        [&](const v1::WindowBatch& windows) {
                          tell(extraction.progress());
                          take_or_count(windows);
                          return absl::OkStatus();
                        });
  if (absl::Status s = extraction.Run(source->get()); !s.ok()) {
    return absl::Status(s.code(), absl::StrCat(pcap, ": ", std::string(s.message())));
  }
  if (!extraction.incomplete().empty()) return CutShort(extraction.incomplete());
  return after_jump;
}

}  // namespace silhouette
