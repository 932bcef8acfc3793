#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/capture.h"
#include "common/source_labels.h"

namespace silhouette {

// A capture that is to run, and its source where that is open already.
struct PlannedCapture {
  std::shared_ptr<Capture> capture;
  std::unique_ptr<PacketSource> source;
};

// Runs the captures of a process and remembers the finished ones. Thread-safe.
class CaptureManager {
 public:
  static constexpr size_t kMaxRunning = 64;     // sequences at a time
  static constexpr size_t kMaxFinished = 1000;  // the oldest are forgotten

  CaptureManager() = default;
  ~CaptureManager();
  CaptureManager(const CaptureManager&) = delete;
  CaptureManager& operator=(const CaptureManager&) = delete;

  // Runs captures one after the other, in a thread of its own.
  // Errors: RESOURCE_EXHAUSTED (kMaxRunning run already), UNAVAILABLE (shutting down).
  absl::Status Start(std::vector<PlannedCapture> one_after_the_other);

  // Asks a running capture to end in order; it does so a little later.
  // Errors: NOT_FOUND, FAILED_PRECONDITION (it has ended).
  absl::StatusOr<std::shared_ptr<Capture>> Stop(const std::string& origin, const std::string& run);

  // Ends all captures: in order as long as `grace` lasts, then at once (but for submitted files:
  // see Capture::StopForShutdown). Nothing starts afterwards.
  // False when one does not end, as its source blocks (a file of a server that does not answer):
  // then only leaving the process is left.
  [[nodiscard]] bool Shutdown(std::chrono::milliseconds grace);

  // Waits until none runs.
  void WaitUntilIdle();
  // Waits until no capture of an interface runs; true if all of those ended by themselves.
  bool WaitUntilInterfacesAreGone();

  bool is_shutting_down() const;

  // Running and finished ones, in the order of their start.
  std::vector<std::shared_ptr<Capture>> All() const;

  // What became of the captures of one source; see SourceLabels.
  struct SourceTotals {
    uint64_t received_packets = 0;
    uint64_t dropped_packets = 0;  // by the kernel and the interface
    uint64_t shed_packets = 0;
    size_t running = 0;
    size_t live = 0;  // of those, interfaces
  };
  // All captures, with those that are no longer in All. Nothing in it goes down but what is pending
  // or running.
  struct Totals {
    v1::Accounting accounting;
    uint64_t forgotten_fragments = 0;
    uint64_t failed = 0;
    // How far up the ladder the running captures are, at most.
    OverloadLadder::Rung rung = OverloadLadder::Rung::kNone;
    uint32_t shed_share = 0;
    std::map<std::string, SourceTotals> sources;
  };
  Totals totals() const;

  // The first error of a capture, one that was cut among them. Who submits a file is told its own.
  absl::Status first_error() const;

 private:
  struct Sequence {
    std::thread thread;
    bool done = false;
  };

  void Run(std::vector<PlannedCapture> captures, Sequence* sequence);
  void Finish(const Capture& capture, const absl::Status& status);
  void JoinDone();
  void ForgetOldest();
  // One more.
  void Count(const Capture& capture, Totals* totals) const;

  mutable SourceLabels labels_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Capture>> captures_;    // guarded by mutex_
  std::vector<std::unique_ptr<Sequence>> sequences_;  // guarded by mutex_
  Totals forgotten_;                                  // guarded by mutex_
  absl::Status first_error_;                          // guarded by mutex_
  bool shutting_down_ = false;                        // guarded by mutex_
};

}  // namespace silhouette
