#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "capture-svc/batch_builder.h"
#include "capture-svc/overload_ladder.h"
#include "common/address.h"
#include "common/capture_file/packet_source.h"
#include "common/grid.h"
#include "common/parse/fragment_table.h"
#include "common/parse/parser.h"
#include "silhouette/v1/accounting.pb.h"
#include "silhouette/v1/batch.pb.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

struct CaptureOptions {
  std::string origin;
  std::string run;
  HomeNetworks home = HomeNetworks::Default();
  bool align_first = false;             // the grid starts at the first packet, not at the epoch
  int64_t lateness_ns = 1'000'000'000;  // how far behind the newest packet one may still come
  bool vlan_in_key = false;             // the same ends in two VLANs are two flows
  Tunnels tunnels;                      // the ones to look into
  // The secret under which addresses are replaced (Anonymizer::kKeyBytes); empty: they are not.
  std::string anonymize_key;
  size_t batch_packets = BatchBuilder::kMaxPackets;  // at most that
  // A batch goes on, full or not, once its packets span this much time. For live sources.
  int64_t flush_after_ns = std::numeric_limits<int64_t>::max();
  // How full the buffer to the receiver is: from 1 on, it takes no batch. Where it is set, overload
  // makes the engine shed; otherwise it waits. For interfaces.
  std::function<double()> fill;
  // What all of the capture's batches and log lines belong to, as those of a job do. Unset: each
  // batch has a trace of its own.
  v1::TraceContext trace = {};
  // For the metrics of those behind: what batches tell, and the wall clock; unset: they tell none.
  v1::SourceKind source_kind = v1::SOURCE_KIND_UNSPECIFIED;
  std::function<int64_t()> now_ns;
};

// Where a capture stands.
struct CaptureProgress {
  v1::Accounting accounting;  // the identity holds; pending: not yet decided downstream
  uint64_t bytes_read = 0;
  uint64_t bytes_total = 0;  // 0 where unknown
  // First fragments forgotten early, because more were open than the table holds.
  uint64_t fragments_evicted = 0;
  // One, and one more for each time that the clock jumped.
  int runs = 1;
  OverloadLadder::Rung rung = OverloadLadder::Rung::kNone;
  uint32_t shed_share = 0;  // of kShedShares
};

// Turns the packets of one source into batches: parses headers, finds flow and direction, keeps
// event time and the accounts. One engine is one run of one origin; where the clock of the capture
// jumps, that run ends in order and another begins, with a window grid of its own. Read is called
// once; progress and acks come from any thread.
class CaptureEngine {
 public:
  // Takes the next batch, and may give it a trace; blocks while the receiver is slower. An error
  // ends the run.
  using Emit = std::function<absl::Status(v1::PacketBatch&)>;

  CaptureEngine(CaptureOptions options, Emit emit);

  // Reads the source to its end, its damage, or until Stop, and ends the run with its last batch.
  // Errors: UNIMPLEMENTED (every packet is of a link type that is not supported; the run has ended
  // in order and accounts for them), or what Emit returned.
  absl::Status Read(PacketSource* source);

  // After Read: why the run ended before its source did (cut, damaged, stopped); what came before
  // was sent. Empty: the source was read to its end.
  const std::string& incomplete() const { return incomplete_; }

  // Makes Read end the run early. From any thread.
  void Stop() { stop_ = true; }

  // A packet further behind the newest one, or further ahead of it, begins a new run.
  static constexpr int64_t kMostBackNs = 60'000'000'000;
  static constexpr int64_t kMostAheadNs = 86'400'000'000'000;
  // From then on, what is behind is late: a capture of two clocks would jump with every packet.
  static constexpr int kMostRuns = 64;
  // The name of the run number `number`, from 1, of an engine that was given `run`.
  static std::string RunName(const std::string& run, int number);

  // Takes in what feature-svc decided about the packets.
  void OnAck(const v1::Ack& ack);

  CaptureProgress Progress() const;

  // Where it stands on the ladder. From the thread that calls Read.
  OverloadLadder::Rung rung() const { return ladder_.rung(); }

  // Within Emit: when the first packet of the batch was seen, or the batch was made if it has none.
  // For the log alone.
  std::chrono::steady_clock::time_point batch_began() const { return batch_began_; }

 private:
  absl::Status ReadAll(PacketSource* source);
  // Takes the packets of a block, emitting batches as they fill.
  absl::Status TakeBlock(const PacketBlock& block, const PacketSource& source);
  // The same for packets that fit into the batch. Returns how many were taken: not those from the
  // one on before which the clock jumped.
  size_t TakePackets(std::span<const RawPacket> packets);
  void Take(const RawPacket& packet);
  // Moves event time on; false when the packet is late or out of time.
  bool Admit(int64_t time_ns) {
    if (static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(clock_ns_) >
            static_cast<uint64_t>(kMostAheadNs) ||
        time_ns > kLastPlausibleNs || !any_packet_) {
      return AdmitOther(time_ns);
    }
    newest_ns_ = clock_ns_ = time_ns;
    return true;
  }
  bool AdmitOther(int64_t time_ns);
  bool IsJump(int64_t time_ns) const;
  absl::Status StartNextRun(int64_t time_ns, const PacketSource& source);
  void FollowQuiet(const PacketSource& source);
  absl::Status CheckLinkTypes() const;
  // No packet before it will be taken; 0 before the first packet.
  int64_t Watermark() const;
  // `block` was taken last.
  bool FlushIsDue(const PacketBlock& block) const;
  // Where every packet is filtered, no batch tells how far it is.
  bool PublishIsDue(const PacketBlock& block) const;
  // Brings the accounts up to date.
  void UpdateAccounting(const PacketSource& source);
  // Behind each batch.
  void FollowLoad();
  // The receiver's buffer is full, and the source would not wait.
  bool MustDrop() const { return options_.fill && options_.fill() >= 1; }
  // What was lost since the batch before.
  void TellLoss(v1::Loss* lost_before);
  absl::Status EmitBatch(const PacketSource& source, bool end_of_run);
  // Brings the accounts up to date and lets Progress see them.
  void Publish(const PacketSource& source);

  const CaptureOptions options_;
  const Emit emit_;
  std::atomic<bool> stop_ = false;
  std::string incomplete_;
  // What it takes to read, while Read runs: a process may hold thousands of engines.
  struct Workspace {
    explicit Workspace(const CaptureOptions& options);
    BatchBuilder builder;
    FragmentTable fragments;
  };
  std::unique_ptr<Workspace> work_;
  // What this engine decided; pending is what it took. The counts that are not in it yet:
  v1::Accounting accounting_;
  v1::Accounting ended_;  // of the runs before
  int run_ = 1;
  int64_t clock_jump_ns_ = 0;  // that began this run
  // Of all runs.
  uint64_t received_ = 0;
  uint64_t late_ = 0;
  std::array<uint64_t, kParseOutcomes> outcomes_{};
  std::map<uint32_t, uint64_t> unsupported_;  // packets by link type
  v1::Loss told_loss_;                        // what batches told
  uint64_t published_received_ = 0;
  uint64_t sequence_ = 0;
  OverloadLadder ladder_;
  uint64_t shed_told_ = 0;  // of the present batch, that the accounts know of
  bool any_packet_ = false;
  bool jumps_ = false;  // the packet that Admit refused last begins another run
  int64_t first_packet_ns_ = 0;
  int64_t newest_ns_ = 0;
  int64_t clock_ns_ = 0;  // event time: the newest packet, or how far the source was silent
  int64_t emitted_watermark_ns_ = 0;
  int64_t batch_start_ns_ = 0;
  std::chrono::steady_clock::time_point batch_began_;

  mutable std::mutex mutex_;
  CaptureProgress published_;  // guarded by mutex_; accounting without what acks say
  std::map<std::string, v1::Accounting> acknowledged_;  // by run; guarded by mutex_
};

}  // namespace silhouette
