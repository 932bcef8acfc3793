#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/parse/packet.h"

namespace silhouette {

// Writes pcapng (draft-ietf-opsawg-pcapng): one section, an interface for each link type, times in
// nanoseconds. The file holds whole blocks at any time, so that it can be read while it grows. For
// one thread.
class PcapngWriter {
 public:
  // Creates the file, or empties the one that is there, and lets nobody but its owner read it.
  // `interface_name` may be empty. Errors name the file and the reason.
  static absl::StatusOr<std::unique_ptr<PcapngWriter>> Create(const std::string& path,
                                                              std::string interface_name);
  // Closes without statistics what was not closed.
  ~PcapngWriter();
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;

  // Writes the first `kept_bytes` of what was captured. Errors: INVALID_ARGUMENT (the format has no
  // room for this packet's time or link type: it is left out and counted, others can follow);
  // RESOURCE_EXHAUSTED (no space) and UNAVAILABLE (writing failed), after which nothing is written.
  absl::Status Write(const RawPacket& packet, size_t kept_bytes);

  // Gives the file what is buffered. Errors: as Write.
  absl::Status Flush();

  // Writes statistics and closes; does nothing the second time. `end_ns`: until when the source
  // listened, where it knows. Errors: as Write.
  absl::Status Close(std::optional<int64_t> end_ns, const SourceLoss& loss);

  // Size of the file with what is buffered.
  uint64_t bytes() const { return flushed_ + buffer_.size(); }

  // Packets that the format has no room for.
  uint64_t refused() const { return refused_; }

 private:
  struct Interface {
    uint32_t link_type;
    uint64_t packets = 0;
  };

  PcapngWriter(std::string path, std::string interface_name, int descriptor);

  // The number of the interface with this link type; describes it when it is new.
  size_t FindInterface(uint32_t link_type);
  void AddStatistics(size_t interface, std::optional<int64_t> end_ns, const SourceLoss& loss);
  absl::Status Refuse(const std::string& what);

  const std::string path_;
  const std::string interface_name_;
  int descriptor_;
  std::string buffer_;
  uint64_t flushed_ = 0;
  absl::Status status_;  // once writing has failed
  std::vector<Interface> interfaces_;
  int64_t newest_ns_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace silhouette
