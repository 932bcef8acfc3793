#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/accounting.h"
#include "common/batch_packets.h"
#include "common/grid.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// How much a link may hold, in bytes of memory.
struct LinkLimits {
  static constexpr size_t kDefaultBytes = size_t{256} << 20;

  size_t bytes = kDefaultBytes;
  // Of these, at most so many that were not sent yet.
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
  size_t unsent_bytes = 0;
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

  // How near it is to having none, 0 to 1 and beyond.
  double fill() const {
    const auto share = [](size_t bytes, size_t limit) {
      return static_cast<double>(bytes) / static_cast<double>(std::max<size_t>(limit, 1));
    };
    const double unsent = share(use_.unsent_bytes, limits_.unsent_bytes);
    return limits_.forgets ? unsent : std::max(unsent, share(use_.bytes, limits_.bytes));
  }

  // Takes the next batch.
  void Add(std::shared_ptr<Batch> batch) {
    Entry entry;
    entry.bytes = batch->SpaceUsedLong();
    entry.packets = PacketsOf(*batch);
    entry.accounting = batch->header().accounting();
    entry.run = runs_.try_emplace({batch->header().origin(), batch->header().run()}).first;
    ++entry.run->second.entries;
    if (batch->header().end_of_run()) entry.run->second.end = batch->header().sequence();
    entry.batch = std::move(batch);
    use_.bytes += entry.bytes;
    use_.unsent_bytes += entry.bytes;
    entries_.push_back(std::move(entry));
  }

  // The next batch to send, with its header as this stream needs it; null if there is none.
  std::shared_ptr<Batch> Next() {
    if (all_sent()) return nullptr;
    Entry& entry = entries_[next_];
    Run& run = entry.run->second;
    if (Sequence(entry) > run.offered) {
      run.offered = Sequence(entry);
      run.offered_packets += entry.packets.count;
      run.unsettled_upto.push_back(run.offered_packets);
    }
    if (run.goes_on) Prepare(&entry);
    return entry.batch;
  }

  // The batch that Next gave is sent.
  void MarkSent() {
    Entry& entry = entries_[next_++];
    use_.unsent_bytes -= entry.bytes;
    if (!limits_.keeps_unsettled) entry.run->second.SettleUpTo(Sequence(entry));
    DropSettled();
    while (limits_.forgets && use_.bytes > limits_.bytes && next_ > 0) Forget();
  }

  // Takes in what the receiver says; returns it with counts since the run began. Nothing for an
  // ack of another run or of what was not sent: it changes nothing.
  std::optional<v1::Ack> Settle(const v1::Ack& ack) {
    const auto at = runs_.find({ack.origin(), ack.run()});
    if (at == runs_.end()) return std::nullopt;  // settled before
    Run& run = at->second;
    v1::Accounting decided = run.base.decided;
    AddDecided(&decided, ack.accounting());
    if (ack.sequence() > run.offered || !IsWithin(decided, run.PacketsUpTo(ack.sequence()))) {
      ++use_.wrong_acks;
      return std::nullopt;
    }
    run.SettleUpTo(ack.sequence());
    // Acks of batches that are sent again for context may be older than those before the break.
    const bool is_older = run.settled_until_ns && ack.settled_until_ns() < *run.settled_until_ns;
    if (ack.has_settled_until_ns() && !is_older) run.settled_until_ns = ack.settled_until_ns();
    if (ack.has_keep_from_ns() && !is_older) run.keep_from_ns = ack.keep_from_ns();
    run.decided = std::move(decided);
    v1::Ack told = ack;
    *told.mutable_accounting() = run.decided;
    std::erase_if(run.forgotten, [&](const auto& entry) { return entry.first <= run.settled; });
    DropSettled();
    return told;
  }

  // A new stream begins: all that is here goes over it. Returns what it had to give up as acks.
  std::vector<v1::Ack> Rewind() {
    std::vector<v1::Ack> given_up;
    next_ = 0;
    use_.unsent_bytes = use_.bytes;
    use_.breaks += began_ ? 1 : 0;
    began_ = true;
    for (auto& [key, run] : runs_) {
      if (run.offered == 0) continue;
      if (GiveUpForgotten(&run)) given_up.push_back(AckOf(key, run));
      run.goes_on = true;
      run.base = {run.settled, run.settled_until_ns, run.complete_from_ns, run.decided};
    }
    return given_up;
  }

  bool all_sent() const { return next_ == entries_.size(); }
  // Nothing here waits for an ack.
  bool all_settled() const {
    return std::all_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
      return Sequence(entry) <= entry.run->second.settled;
    });
  }
  const LinkUse& use() const { return use_; }

 private:
  using Key = std::pair<std::string, std::string>;

  // What a new stream is told about a run.
  struct Base {
    uint64_t settled = 0;
    std::optional<int64_t> settled_until_ns;
    std::optional<int64_t> complete_from_ns;
    v1::Accounting decided;
  };

  struct Run {
    size_t entries = 0;
    uint64_t offered = 0;  // highest sequence that was to be sent
    uint64_t offered_packets = 0;
    uint64_t settled = 0;
    v1::Accounting decided;  // up to there, since the run began
    std::optional<int64_t> settled_until_ns;
    int64_t keep_from_ns = BatchPackets::kNone;
    std::optional<int64_t> complete_from_ns;  // where batches are gone
    // Batches that are gone and were not settled: sequence and packets.
    std::deque<std::pair<uint64_t, uint64_t>> forgotten;
    // Packets up to each batch that was to be sent and is not settled, and up to the settled ones.
    std::deque<uint64_t> unsettled_upto;
    uint64_t settled_upto = 0;
    void SettleUpTo(uint64_t sequence) {
      for (; settled < sequence; ++settled) {
        settled_upto = unsettled_upto.front();
        unsettled_upto.pop_front();
      }
    }
    // `sequence` was to be sent.
    uint64_t PacketsUpTo(uint64_t sequence) const {
      return sequence <= settled ? settled_upto : unsettled_upto[sequence - settled - 1];
    }
    uint64_t end = 0;  // the sequence that ends it, once that is known
    bool is_over() const { return end != 0 && settled >= end; }
    bool goes_on = false;  // on this stream, from an earlier one
    Base base;
  };
  using Runs = std::map<Key, Run>;

  struct Entry {
    std::shared_ptr<Batch> batch;
    typename Runs::iterator run;
    size_t bytes = 0;
    BatchPackets packets;
    v1::Accounting accounting;  // as it came
  };

  static uint64_t Sequence(const Entry& entry) { return entry.batch->header().sequence(); }

  static uint64_t Decided(const v1::Accounting& decided) {
    return decided.windowed() + FilteredPackets(decided) + decided.shed();
  }

  // The other counts are not a receiver's to say.
  static void AddDecided(v1::Accounting* to, const v1::Accounting& from) {
    to->set_windowed(to->windowed() + from.windowed());
    to->set_shed(to->shed() + from.shed());
    for (const v1::FilteredCount& count : from.filtered()) {
      AddFiltered(to, count.reason(), count.packets());
    }
  }

  // That so many packets are decided at most, for a few reasons in a few words; sums that wrap
  // around do not count as small.
  static bool IsWithin(const v1::Accounting& decided, uint64_t packets) {
    constexpr int kMostReasons = 64;
    constexpr size_t kMostBytes = 64;
    if (decided.filtered_size() > kMostReasons) return false;
    const auto take = [&](uint64_t count) {
      if (count > packets) return false;
      packets -= count;
      return true;
    };
    return take(decided.windowed()) && take(decided.shed()) &&
           std::all_of(decided.filtered().begin(), decided.filtered().end(),
                       [&](const v1::FilteredCount& count) {
                         return count.reason().size() <= kMostBytes && take(count.packets());
                       });
  }

  static v1::Ack AckOf(const Key& key, const Run& run) {
    v1::Ack ack;
    ack.set_origin(key.first);
    ack.set_run(key.second);
    ack.set_sequence(run.settled);
    *ack.mutable_accounting() = run.decided;
    return ack;
  }

  static void Prepare(Entry* entry) {
    const Base& base = entry->run->second.base;
    v1::BatchHeader* header = entry->batch->mutable_header();
    header->set_replay_of_settled(header->sequence() <= base.settled);
    if (base.settled_until_ns) header->set_settled_until_ns(*base.settled_until_ns);
    if (base.complete_from_ns) header->set_complete_from_ns(*base.complete_from_ns);
    v1::Accounting* accounting = header->mutable_accounting();
    *accounting = entry->accounting;
    if (header->replay_of_settled()) return;
    AddAccounting(accounting, base.decided);
    accounting->set_pending(accounting->pending() - Decided(base.decided));
  }

  // Settled, and not needed as context.
  bool IsDone(const Entry& entry) const {
    const Run& run = entry.run->second;
    if (Sequence(entry) > run.settled) return false;
    return run.is_over() || !limits_.keeps_unsettled ||
           entry.packets.newest_ns < run.keep_from_ns ||
           entry.packets.newest_ns == BatchPackets::kNone;
  }

  void DropSettled() {
    while (next_ > 0 && IsDone(entries_.front())) DropFirst();
  }

  void Forget() {
    const Entry& first = entries_.front();
    Run& run = first.run->second;
    ++use_.forgotten_batches;
    if (Sequence(first) > run.settled)
      run.forgotten.emplace_back(Sequence(first), first.packets.count);
    DropFirst();
  }

  void DropFirst() {
    const Entry& first = entries_.front();
    Run& run = first.run->second;
    // Behind batches without packets the run is complete from its beginning.
    const int64_t complete_from_ns = first.packets.newest_ns == BatchPackets::kNone
                                         ? -kLastPlausibleNs
                                         : first.packets.newest_ns + 1;
    run.complete_from_ns =
        std::max(run.complete_from_ns.value_or(complete_from_ns), complete_from_ns);
    use_.bytes -= first.bytes;
    --next_;
    const auto at = first.run;
    const bool gone = --run.entries == 0 && run.is_over();
    entries_.pop_front();
    if (gone) runs_.erase(at);
  }

  // False if there is nothing to give up.
  bool GiveUpForgotten(Run* run) {
    if (run->forgotten.empty()) return false;
    for (const auto& [sequence, packets] : run->forgotten) {
      run->decided.set_shed(run->decided.shed() + packets);
      use_.shed_packets += packets;
      run->SettleUpTo(sequence);
    }
    run->forgotten.clear();
    return true;
  }

  const LinkLimits limits_;
  Runs runs_;
  std::deque<Entry> entries_;
  size_t next_ = 0;  // to send
  bool began_ = false;
  LinkUse use_;
};

}  // namespace silhouette
