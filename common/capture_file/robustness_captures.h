#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"

namespace silhouette {

// The real captures that tests read beside simulated ones, broken ones among them; in the order of
// their names. None where they are not there.
inline std::vector<std::string> RobustnessCaptures() {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::error_code missing;
  const fs::path folder = fs::path(SILHOUETTE_SOURCE_DIR) / "../shared/data/robustness";
  for (const auto& entry : fs::recursive_directory_iterator(folder, missing)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline constexpr char kNoRobustnessCaptures[] = "../shared/data/robustness is not there";

// Calls each(packet) for the packets of a capture, up to where it is damaged.
template <typename Each>
void ForEachPacket(const std::string& path, const Each& each) {
  auto source = OpenCapture(path);
  if (!source.ok()) return;
  PacketCursor cursor(source->get());
  RawPacket packet;
  for (auto more = cursor.Next(&packet); more.ok() && *more; more = cursor.Next(&packet)) {
    each(packet);
  }
}

}  // namespace silhouette
