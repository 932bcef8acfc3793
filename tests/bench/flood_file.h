#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace silhouette::bench {

// What a simulated capture of many packets holds: Ethernet, IPv4, UDP and TCP in equal parts, in
// both directions between hosts of 192.168.0.0/16 and public addresses. The flow of each packet is
// drawn uniformly, its length from 60 to 1500 bytes, the time since the one before from 0.1 to
// 10 µs. Nothing but headers is written, the rest of what a snap length lets through is zero.
struct FloodOptions {
  size_t packets = 0;
  size_t flows = 0;
  uint32_t snap_bytes = 96;
  uint64_t seed = 1;
};

// A microsecond pcap file that has no name and goes with the last program that has it open.
class FloodFile {
 public:
  // The same bytes for the same options. Errors: of the temporary folder, with the reason.
  static absl::StatusOr<std::unique_ptr<FloodFile>> Write(const FloodOptions& options);
  ~FloodFile();
  FloodFile(const FloodFile&) = delete;
  FloodFile& operator=(const FloodFile&) = delete;

  // Opens the file anew, in this process and others of this user, while this object lives.
  std::string path() const;

 private:
  explicit FloodFile(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace silhouette::bench
