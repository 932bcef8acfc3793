#include "common/parse/fragment_table.h"

#include <cstdlib>

namespace silhouette {

void FragmentTable::Resolve(int64_t time_ns, PacketHeaders* headers) {
  const Datagram datagram{headers->source, headers->destination, headers->fragment_id,
                          headers->vlan, headers->protocol};
  if (headers->fragment == PacketHeaders::Fragment::kFirst) {
    Keep(time_ns, datagram, *headers);
    return;
  }
  const auto first = firsts_.find(datagram);
  if (first == firsts_.end() || std::abs(time_ns - first->second.time_ns) > kMemoryNs) return;
  headers->source_port = first->second.source_port;
  headers->destination_port = first->second.destination_port;
  headers->ports_unknown = false;
}

void FragmentTable::Keep(int64_t time_ns, const Datagram& datagram, const PacketHeaders& headers) {
  const First first{time_ns, headers.source_port, headers.destination_port};
  const auto [at, is_new] = firsts_.try_emplace(datagram, first);
  if (!is_new) {
    at->second = first;
    return;
  }
  if (order_.size() < kMaxDatagrams) {
    order_.push_back(datagram);
    return;
  }
  const auto oldest = firsts_.find(order_[next_]);
  if (std::abs(time_ns - oldest->second.time_ns) <= kMemoryNs) ++evicted_;
  firsts_.erase(oldest);
  order_[next_] = datagram;
  next_ = (next_ + 1) % kMaxDatagrams;
}

}  // namespace silhouette
