#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/batch_log.h"
#include "common/batch_packets.h"
#include "common/link_run.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// How much a link may hold, in bytes of memory.
struct LinkLimits {
  static constexpr size_t kDefaultBytes = size_t{256} << 20;

  size_t bytes = kDefaultBytes;
  // Of these, for batches that no stream took yet.
  size_t unsent_bytes = kDefaultBytes / 4;
  // What is sent makes room, oldest first, although a break would need it. For packets, whose
  // batches only settle once later ones have come. Otherwise a full buffer waits for acks.
  bool forgets = false;
  // False: what is sent is taken for settled, and a break loses it. For benches.
  bool keeps_unsettled = true;
};

// What a buffer holds, and what its limits and the receiver cost.
struct LinkUse {
  size_t bytes = 0;
  size_t unsent_bytes = 0;  // of batches that no stream took yet
  size_t unsettled_batches = 0;
  // Since when the oldest of each kind is here; unset: there is none.
  std::optional<std::chrono::steady_clock::time_point> oldest_unsettled;
  std::optional<std::chrono::steady_clock::time_point> oldest_unsent;
  uint64_t settled_batches = 0;
  uint64_t forgotten_batches = 0;
  uint64_t shed_packets = 0;  // forgotten, and not settled when the stream broke
  uint64_t wrong_acks = 0;    // of what was not sent
  uint64_t breaks = 0;        // streams that another one followed
};

// The batches of a link that a break would need again: those not settled, and of the settled ones
// those that a receiver needs as context. Not thread-safe.
template <typename Batch>
class LinkBuffer {
 public:
  explicit LinkBuffer(LinkLimits limits) : limits_(limits) {}

  // False: wait for MarkSent or for acks. One batch always finds room.
  bool HasRoom() const {
    if (use_.unsent_bytes > 0 && use_.unsent_bytes >= limits_.unsent_bytes) return false;
    return limits_.forgets || entries_.empty() || use_.bytes < limits_.bytes;
  }

  // Or the batch is the end of a run, which must not wait where others are forgotten.
  bool HasRoomFor(const v1::BatchHeader& header) const {
    return HasRoom() || (limits_.forgets && header.end_of_run());
  }

  // How near it is to having none, 0 to 1 and beyond.
  double fill() const {
    const auto share = [](size_t bytes, size_t limit) {
      return static_cast<double>(bytes) / static_cast<double>(std::max<size_t>(limit, 1));
    };
    const double unsent = share(use_.unsent_bytes, limits_.unsent_bytes);
    return limits_.forgets ? unsent : std::max(unsent, share(use_.bytes, limits_.bytes));
  }

  // Takes the next batch.
  void Add(std::shared_ptr<Batch> batch, const StageTimes& times = {}) {
    Entry entry;
    entry.times = times;
    entry.since = std::chrono::steady_clock::now();
    entry.bytes = batch->SpaceUsedLong();
    entry.packets = PacketsOf(*batch);
    entry.accounting = batch->header().accounting();
    entry.run = runs_.try_emplace({batch->header().origin(), batch->header().run()}).first;
    ++entry.run->second.entries;
    if (batch->header().end_of_run()) entry.run->second.EndWith(batch->header().sequence());
    entry.batch = std::move(batch);
    use_.bytes += entry.bytes;
    use_.unsent_bytes += entry.bytes;
    entries_.push_back(std::move(entry));
    FindOldest();
  }

  // The next batch to send, with its header as this stream needs it; null if there is none.
  std::shared_ptr<Batch> Next() {
    if (all_sent()) return nullptr;
    Entry& entry = entries_[next_];
    LinkRun& run = entry.run->second;
    run.Offer(Sequence(entry), entry.packets.count);
    if (run.goes_on()) Prepare(&entry);
    return entry.batch;
  }

  // The batch that Next gave is sent. Returns the times that it came with, if that is the first
  // time.
  std::optional<StageTimes> MarkSent() {
    Entry& entry = entries_[next_++];
    std::optional<StageTimes> times;
    if (!std::exchange(entry.was_sent, true)) {
      use_.unsent_bytes -= entry.bytes;
      ++sent_;
      times = entry.times;
    }
    if (!limits_.keeps_unsettled) entry.run->second.SettleUpTo(Sequence(entry));
    DropSettled();
    while (MustForget()) Forget();
    FindOldest();
    return times;
  }

  // Takes in what the receiver says; returns it with counts since the run began. Nothing for an
  // ack of another run or of what was not sent: it changes nothing.
  std::optional<v1::Ack> Settle(const v1::Ack& ack) {
    const auto at = runs_.find({ack.origin(), ack.run()});
    if (at == runs_.end()) return std::nullopt;  // settled before
    const uint64_t settled_before = at->second.settled();
    std::optional<v1::Ack> told = at->second.Settle(ack);
    use_.wrong_acks += told ? 0 : 1;
    use_.settled_batches += at->second.settled() - settled_before;
    DropSettled();
    FindOldest();
    return told;
  }

  // A new stream begins: all that is here goes over it. Returns what it had to give up as acks.
  std::vector<v1::Ack> Rewind() {
    std::vector<v1::Ack> given_up;
    next_ = 0;
    use_.breaks += began_ ? 1 : 0;
    began_ = true;
    for (auto& [key, run] : runs_) {
      const uint64_t shed = run.GoOn();
      use_.shed_packets += shed;
      if (shed > 0) given_up.push_back(run.Told(key.first, key.second));
    }
    FindOldest();
    return given_up;
  }

  bool all_sent() const { return next_ == entries_.size(); }
  // Nothing here waits for an ack.
  bool all_settled() const {
    return std::all_of(entries_.begin(), entries_.end(), &LinkBuffer::IsSettled);
  }
  const LinkUse& use() const { return use_; }

 private:
  struct Run : LinkRun {
    size_t entries = 0;
  };
  using Runs = std::map<std::pair<std::string, std::string>, Run>;  // by origin and run

  struct Entry {
    std::shared_ptr<Batch> batch;
    bool was_sent = false;                        // over any stream
    StageTimes times;                             // for the log
    std::chrono::steady_clock::time_point since;  // when it came
    typename Runs::iterator run;
    size_t bytes = 0;
    BatchPackets packets;
    v1::Accounting accounting;  // as it came
  };

  static uint64_t Sequence(const Entry& entry) { return entry.batch->header().sequence(); }

  static bool IsSettled(const Entry& entry) {
    return Sequence(entry) <= entry.run->second.settled();
  }

  static void Prepare(Entry* entry) {
    v1::BatchHeader* header = entry->batch->mutable_header();
    *header->mutable_accounting() = entry->accounting;
    entry->run->second.Prepare(header);
  }

  // Settled, and not needed as context.
  bool IsDone(const Entry& entry) const {
    const LinkRun& run = entry.run->second;
    if (!IsSettled(entry)) return false;
    return run.is_over() || !limits_.keeps_unsettled || !run.NeedsAsContext(entry.packets);
  }

  void DropSettled() {
    while (next_ > 0 && IsDone(entries_.front())) DropFirst();
  }

  // What is not sent yet keeps its room.
  bool MustForget() const {
    const size_t kept = use_.bytes - use_.unsent_bytes;
    const size_t room = limits_.bytes - std::min(limits_.bytes, limits_.unsent_bytes);
    return limits_.forgets && kept > room && next_ > 0;
  }

  void Forget() {
    ++use_.forgotten_batches;
    DropFirst();
  }

  void DropFirst() {
    const Entry& first = entries_.front();
    const auto at = first.run;
    Run& run = at->second;
    run.Drop(Sequence(first), first.packets);
    use_.bytes -= first.bytes;
    --next_;
    --sent_;
    settled_ -= std::min<size_t>(settled_, 1);
    entries_.pop_front();
    if (--run.entries == 0 && run.is_over()) runs_.erase(at);
  }

  // Entries settle in their order, but for those of different runs; then the first of the open ones
  // hides settled ones behind it.
  void FindOldest() {
    while (settled_ < entries_.size() && IsSettled(entries_[settled_])) ++settled_;
    const auto since = [this](size_t first) {
      return first < entries_.size() ? std::optional(entries_[first].since) : std::nullopt;
    };
    use_.unsettled_batches = entries_.size() - settled_;
    use_.oldest_unsettled = since(settled_);
    use_.oldest_unsent = since(sent_);
  }

  const LinkLimits limits_;
  Runs runs_;
  std::deque<Entry> entries_;
  size_t next_ = 0;     // to send
  size_t sent_ = 0;     // so many at the front were, over any stream
  size_t settled_ = 0;  // so many at the front are
  bool began_ = false;
  LinkUse use_;
};

}  // namespace silhouette
