// Somebody's list of captures: each line that is taken has what a reader of captures needs.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "learn/data/capture_list.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using silhouette::AttackRole;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto list = silhouette::ParseCaptureList("folder/list.tsv", text);
  if (!list.ok()) {
    Require(list.status().message().find("folder/list.tsv") != std::string::npos);
    return 0;
  }
  size_t line = 0;
  for (const silhouette::ListedCapture& capture : *list) {
    Require(!capture.pcap.empty() && !capture.label.empty() && !capture.source.empty());
    Require(capture.role == AttackRole::kNone || !capture.device.empty());
    Require(capture.line > line);
    line = capture.line;
  }
  return 0;
}
