#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "common/log.h"
#include "silhouette/v1/packet.pb.h"
#include "silhouette/v1/verdict.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// How long things take in this process, for its log: nothing else depends on it.
using StageClock = std::chrono::steady_clock;

// Where a batch stands in this process.
struct StageTimes {
  StageClock::time_point began;  // its first packet was seen, or it was received
  // When it was made, and handed to the link to the next service. Unset: there is none to wait for.
  std::optional<StageClock::time_point> queued;
};

// The trace as fields, where there is one.
void AddTrace(const v1::TraceContext& trace, LogFields* fields);
LogFields TraceFields(const v1::TraceContext& trace);

// Which slow batches are told at level info: one in ten seconds. Thread-safe.
class SlowBatches {
 public:
  static constexpr std::chrono::seconds kEvery{10};

  // `slow` or longer is slow; 0: nothing is.
  explicit SlowBatches(std::chrono::milliseconds slow) : slow_(slow) {}

  // Nothing for a batch that is not told; else how many slow ones were not since the last.
  std::optional<uint64_t> Admit(StageClock::duration took, StageClock::time_point now);

 private:
  const std::chrono::milliseconds slow_;
  std::mutex mutex_;
  std::optional<StageClock::time_point> told_;  // last; guarded by mutex_
  uint64_t untold_ = 0;                         // since; guarded by mutex_
};

// What is logged of a batch.
struct BatchLine {
  const v1::BatchHeader& header;
  std::string_view message;
  std::string_view unit;  // "packets", "windows" or "verdicts"
  int64_t count;          // of these
};
void LogBatch(const BatchLine& line, const StageTimes& times, const LogFields& more = {});

// This process is done with a batch: it was sent, or stored. A line at level debug, with its trace
// and how long that took; at info when it took too long. Costs next to nothing when neither is
// told.
inline void LogSent(const v1::PacketBatch& batch, const StageTimes& times) {
  LogBatch({batch.header(), "packets sent", "packets", batch.time_ns_size()}, times);
}
void LogSent(const v1::WindowBatch& batch, const StageTimes& times);
inline void LogSent(const v1::VerdictBatch& batch, const StageTimes& times) {
  LogBatch({batch.header(), "verdicts sent", "verdicts", batch.verdicts_size()}, times);
}
// Nothing came of it yet.
inline void LogTaken(const v1::PacketBatch& batch, const StageTimes& times) {
  LogBatch({batch.header(), "packets taken", "packets", batch.time_ns_size()}, times);
}
// `is_new` of them were not stored before.
inline void LogStored(const v1::VerdictBatch& batch, const StageTimes& times, uint64_t is_new) {
  LogBatch({batch.header(), "verdicts stored", "verdicts", batch.verdicts_size()}, times,
           {{"new", is_new}});
}

}  // namespace silhouette
