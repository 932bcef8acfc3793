#include "common/link_run.h"

#include <algorithm>

#include "common/accounting.h"
#include "common/grid.h"

namespace silhouette {
namespace {

uint64_t Decided(const v1::Accounting& decided) {
  return decided.windowed() + FilteredPackets(decided) + decided.shed();
}

// The other counts are not a receiver's to say.
void AddDecided(v1::Accounting* to, const v1::Accounting& from) {
  to->set_windowed(to->windowed() + from.windowed());
  to->set_shed(to->shed() + from.shed());
  for (const v1::FilteredCount& count : from.filtered()) {
    AddFiltered(to, count.reason(), count.packets());
  }
}

// That so many packets are decided at most, for a few reasons in a few words; sums that wrap around
// do not count as small.
bool IsWithin(const v1::Accounting& decided, uint64_t packets) {
  if (decided.filtered_size() > kMaxReasons) return false;
  const auto take = [&](uint64_t count) {
    if (count > packets) return false;
    packets -= count;
    return true;
  };
  return take(decided.windowed()) && take(decided.shed()) &&
         std::all_of(decided.filtered().begin(), decided.filtered().end(),
                     [&](const v1::FilteredCount& count) {
                       return count.reason().size() <= kMaxReasonBytes && take(count.packets());
                     });
}

}  // namespace

void LinkRun::Offer(uint64_t sequence, uint64_t packets) {
  if (sequence <= offered_) return;
  offered_ = sequence;
  offered_packets_ += packets;
  unsettled_packets_.push_back(offered_packets_);
}

std::optional<v1::Ack> LinkRun::Settle(const v1::Ack& ack) {
  v1::Accounting decided = base_.decided;
  AddDecided(&decided, ack.accounting());
  if (ack.sequence() > offered_ || !IsWithin(decided, PacketsUpTo(ack.sequence()))) {
    return std::nullopt;
  }
  SettleUpTo(ack.sequence());
  // A new receiver's first acks may tell of less time than the one's before it.
  const bool is_older = settled_until_ns_ && ack.settled_until_ns() < *settled_until_ns_;
  if (ack.has_settled_until_ns() && !is_older) settled_until_ns_ = ack.settled_until_ns();
  if (ack.has_keep_from_ns() && !is_older) keep_from_ns_ = ack.keep_from_ns();
  decided_ = std::move(decided);
  std::erase_if(lost_, [&](const auto& batch) { return batch.first <= settled_; });
  v1::Ack told = ack;
  *told.mutable_accounting() = decided_;
  return told;
}

void LinkRun::SettleUpTo(uint64_t sequence) {
  for (; settled_ < sequence; ++settled_) {
    settled_packets_ = unsettled_packets_.front();
    unsettled_packets_.pop_front();
  }
}

void LinkRun::Drop(uint64_t sequence, const BatchPackets& packets) {
  if (sequence > settled_) lost_.emplace_back(sequence, packets.count);
  // Behind batches without packets the run is complete from its beginning.
  const int64_t from_ns =
      packets.newest_ns == BatchPackets::kNone ? -kLastPlausibleNs : packets.newest_ns + 1;
  complete_from_ns_ = std::max(complete_from_ns_.value_or(from_ns), from_ns);
}

uint64_t LinkRun::GoOn() {
  if (offered_ == 0) return 0;
  uint64_t shed = 0;
  for (const auto& [sequence, packets] : lost_) {
    shed += packets;
    SettleUpTo(sequence);
  }
  lost_.clear();
  decided_.set_shed(decided_.shed() + shed);
  goes_on_ = true;
  base_ = {settled_, settled_until_ns_, complete_from_ns_, decided_};
  return shed;
}

void LinkRun::Prepare(v1::BatchHeader* header) const {
  header->set_replay_of_settled(header->sequence() <= base_.settled);
  if (base_.settled_until_ns) header->set_settled_until_ns(*base_.settled_until_ns);
  if (base_.complete_from_ns) header->set_complete_from_ns(*base_.complete_from_ns);
  if (header->replay_of_settled()) return;
  v1::Accounting* accounting = header->mutable_accounting();
  AddAccounting(accounting, base_.decided);
  accounting->set_pending(accounting->pending() - Decided(base_.decided));
}

v1::Ack LinkRun::Told(const std::string& origin, const std::string& run) const {
  v1::Ack ack;
  ack.set_origin(origin);
  ack.set_run(run);
  ack.set_sequence(settled_);
  *ack.mutable_accounting() = decided_;
  return ack;
}

}  // namespace silhouette
