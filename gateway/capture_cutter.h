#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/capture_file/byte_channel.h"
#include "common/capture_file/packet_source.h"
#include "common/capture_file/pcapng_writer.h"

namespace silhouette {

// Cuts a capture to its packets' headers while its bytes come, in a thread of its own: what packets
// carry is never written anywhere. Memory does not grow with the capture.
class CaptureCutter {
 public:
  // Writes pcapng to `path`. `name` is what messages call the capture. `may_keep` is asked with the
  // bytes written so far, now and then; an error of it ends the work.
  CaptureCutter(std::string path, std::string name,
                std::function<absl::Status(uint64_t bytes)> may_keep);
  // Ends the work and leaves what is written.
  ~CaptureCutter();

  // The next bytes of the capture, as packed as they are; waits while the cutter is behind.
  // Errors: those of the work, as Finish.
  absl::Status Write(std::string_view bytes);

  struct Result {
    uint64_t bytes = 0;  // written
    uint64_t packets = 0;
    std::string incomplete;  // why the capture ends early or some of it is left out; or empty
  };
  // All bytes were written; waits for the rest of the work, and until the disk has it.
  // Errors: INVALID_ARGUMENT (not a capture, nothing in it, or it unpacks to absurdly much),
  // RESOURCE_EXHAUSTED (no space), UNAVAILABLE (writing failed), those of `may_keep`.
  absl::StatusOr<Result> Finish();

  // Ends the work: Write and Finish return CANCELLED, also those that wait. From any thread.
  void Abandon() { channel_->Abandon(); }

  uint64_t bytes_written() const { return written_; }

 private:
  absl::Status Work();
  absl::Status Copy(PacketSource* source, PcapngWriter* writer);

  const std::string path_;
  const std::string name_;
  const std::function<absl::Status(uint64_t)> may_keep_;
  const std::shared_ptr<ByteChannel> channel_;
  std::atomic<uint64_t> written_ = 0;
  Result result_;  // the thread's
  std::mutex mutex_;
  absl::Status done_ = absl::CancelledError("given up");  // how the work ended; guarded by mutex_
  std::thread thread_;
};

}  // namespace silhouette
