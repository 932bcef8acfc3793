#pragma once

#include <cstddef>
#include <string>

namespace silhouette::test_zstd {

// A frame (RFC 8878) of one block that is not packed, of 128 KiB at most. It asks for a window of
// two to this, bytes.
inline std::string Frame(int window_log, const std::string& content) {
  const size_t block = content.size() << 3 | 1;  // the last
  std::string frame("\x28\xb5\x2f\xfd\0", 5);
  frame += static_cast<char>((window_log - 10) << 3);
  for (int shift = 0; shift < 24; shift += 8) frame += static_cast<char>(block >> shift);
  return frame + content;
}

}  // namespace silhouette::test_zstd
