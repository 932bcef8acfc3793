#include "common/accounting.h"

#include <algorithm>
#include <string>

namespace silhouette {

uint64_t FilteredPackets(const v1::Accounting& accounting) {
  uint64_t packets = 0;
  for (const v1::FilteredCount& count : accounting.filtered()) packets += count.packets();
  return packets;
}

bool Balanced(const v1::Accounting& accounting) {
  uint64_t left = accounting.received();
  const auto take = [&left](uint64_t packets) {
    if (packets > left) return false;
    left -= packets;
    return true;
  };
  const auto take_filtered = [&](const v1::FilteredCount& count) {
    return count.reason().size() <= kMaxReasonBytes && take(count.packets());
  };
  const auto& filtered = accounting.filtered();
  return filtered.size() <= kMaxReasons &&
         std::all_of(filtered.begin(), filtered.end(), take_filtered) &&
         take(accounting.windowed()) && take(accounting.malformed()) && take(accounting.late()) &&
         take(accounting.shed()) && take(accounting.pending()) && left == 0;
}

void AddFiltered(v1::Accounting* accounting, std::string_view reason, uint64_t packets) {
  if (packets == 0) return;
  auto* counts = accounting->mutable_filtered();
  int at = 0;
  while (at < counts->size() && counts->Get(at).reason() < reason) ++at;
  if (at == counts->size() || counts->Get(at).reason() != reason) {
    counts->Add()->set_reason(std::string(reason));
    for (int i = counts->size() - 1; i > at; --i) counts->SwapElements(i, i - 1);
  }
  counts->Mutable(at)->set_packets(counts->Get(at).packets() + packets);
}

void AddAccounting(v1::Accounting* to, const v1::Accounting& from) {
  to->set_received(to->received() + from.received());
  to->set_windowed(to->windowed() + from.windowed());
  for (const v1::FilteredCount& count : from.filtered()) {
    AddFiltered(to, count.reason(), count.packets());
  }
  to->set_malformed(to->malformed() + from.malformed());
  to->set_late(to->late() + from.late());
  to->set_shed(to->shed() + from.shed());
  to->set_pending(to->pending() + from.pending());
  v1::Loss* loss = to->mutable_loss();
  loss->set_kernel_dropped_packets(loss->kernel_dropped_packets() +
                                   from.loss().kernel_dropped_packets());
  loss->set_interface_dropped_packets(loss->interface_dropped_packets() +
                                      from.loss().interface_dropped_packets());
}

}  // namespace silhouette
