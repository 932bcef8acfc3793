#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/parse/packet.h"

namespace silhouette {

// Remembers the ports of first fragments for the ones that follow (RFC 791, RFC 8200), by the
// packets' own time.
class FragmentTable {
 public:
  static constexpr int64_t kMemoryNs = 5'000'000'000;
  static constexpr size_t kMaxDatagrams = 4096;

  FragmentTable() { order_.reserve(kMaxDatagrams); }

  // Gives a later fragment the ports of its first if that was seen within kMemoryNs, and keeps a
  // first one's. `headers` is a fragment's.
  void Resolve(int64_t time_ns, PacketHeaders* headers);

  // First fragments that had to make room while they could still have been asked for.
  uint64_t evicted() const { return evicted_; }

 private:
  // Source and destination, the protocol and the identification belong to one datagram.
  struct Datagram {
    IpAddress source, destination;
    uint32_t id;
    uint32_t vlan;
    uint8_t protocol;

    bool operator==(const Datagram&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Datagram& d) {
      return H::combine(std::move(h), d.source, d.destination, d.id, d.vlan, d.protocol);
    }
  };
  struct First {
    int64_t time_ns;
    uint16_t source_port, destination_port;
  };

  void Keep(int64_t time_ns, const Datagram& datagram, const PacketHeaders& headers);

  absl::flat_hash_map<Datagram, First> firsts_;
  std::vector<Datagram> order_;  // a ring, the oldest at next_ once it is full
  size_t next_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace silhouette
