#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "common/packet_bits.h"
#include "common/subject.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Checks that the columns of a batch have equal lengths, that every flow index is inside the table,
// and that each network is one we know. Errors: INVALID_ARGUMENT naming the column.
absl::Status CheckColumns(const v1::PacketBatch& batch);

// The flow table of a checked batch, read in place. Must not outlive it.
class FlowColumns {
 public:
  explicit FlowColumns(const v1::FlowTable& table);

  size_t size() const { return size_; }
  // 16 bytes.
  const uint8_t* home(size_t i) const { return home_ + 16 * i; }
  const uint8_t* remote(size_t i) const { return remote_ + 16 * i; }
  // 6 bytes, or null where the link has no hardware addresses.
  const uint8_t* home_mac(size_t i) const { return home_mac_ ? home_mac_ + 6 * i : nullptr; }
  const uint8_t* remote_mac(size_t i) const { return remote_mac_ ? remote_mac_ + 6 * i : nullptr; }
  // home port << 16 | remote port.
  uint32_t ports(size_t i) const { return ports_[i]; }
  uint32_t vlan(size_t i) const { return vlan_ ? vlan_[i] & 0xffffff : 0; }
  uint8_t protocol(size_t i) const { return protocol_[i]; }
  Network network(size_t i) const {
    return network_ ? static_cast<Network>(network_[i]) : Network::kIp;
  }
  bool home_is_home(size_t i) const { return (scope_[i] & kHomeEndIsHome) != 0; }
  bool remote_is_home(size_t i) const { return (scope_[i] & kRemoteEndIsHome) != 0; }
  bool ports_unknown(size_t i) const { return (scope_[i] & kPortsUnknown) != 0; }

 private:
  size_t size_;
  const uint8_t* home_;
  const uint8_t* remote_;
  const uint8_t* home_mac_;    // null: no flow has any
  const uint8_t* remote_mac_;  // null: no flow has any
  const uint32_t* ports_;
  const uint32_t* vlan_;  // null: no flow has any
  const uint8_t* protocol_;
  const uint8_t* network_;  // null: all IP
  const uint8_t* scope_;
};

}  // namespace silhouette
