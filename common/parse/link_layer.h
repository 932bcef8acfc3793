#pragma once

#include <cstdint>
#include <span>

#include "common/parse/packet.h"

namespace silhouette {

inline constexpr uint16_t kEtherIpv4 = 0x0800;
inline constexpr uint16_t kEtherArp = 0x0806;
inline constexpr uint16_t kEtherRarp = 0x8035;
inline constexpr uint16_t kEtherIpv6 = 0x86dd;
inline constexpr uint16_t kEtherMpls = 0x8847;
inline constexpr uint16_t kEtherMplsUpstream = 0x8848;
inline constexpr uint16_t kEtherPppoe = 0x8864;
// A payload without an EtherType, or one that cannot be read: encrypted, LLC, a pseudowire.
inline constexpr uint16_t kEtherNone = 0;

// The network layer, or, without an EtherType, what lies behind the bytes that were looked at.
struct NetworkLayer {
  uint16_t ether_type = kEtherNone;
  std::span<const uint8_t> bytes;
};

// Takes the link header off: Ethernet with VLAN tags (IEEE 802.3, 802.1Q), LLC and SNAP (802.2),
// Linux cooked v1 and v2 (LINKTYPE_LINUX_SLL, _SLL2), raw IP, BSD null and loopback, PPP (RFC 1662,
// with a direction too, Cisco's HDLC), PPPoE (RFC 2516), 802.11 with and without radiotap. Fills
// the hardware addresses and tags of `headers`. `link_type` is a LINKTYPE_ number; of another one
// the outcome is kUnsupported.
ParseOutcome ReadLinkLayer(uint32_t link_type, std::span<const uint8_t> frame,
                           PacketHeaders* headers, NetworkLayer* network);

// An Ethernet frame, also one inside a tunnel.
ParseOutcome ReadEthernet(std::span<const uint8_t> frame, PacketHeaders* headers,
                          NetworkLayer* network);

// What 802.2 LLC says comes next; kEtherNone where it is no SNAP header with an EtherType.
NetworkLayer ReadLlc(std::span<const uint8_t> bytes);

// PPP's protocol field, behind its address and control bytes if they are there.
NetworkLayer ReadPpp(std::span<const uint8_t> bytes);

// A PPPoE session header.
NetworkLayer ReadPppoe(std::span<const uint8_t> bytes);

// A stack of MPLS labels (RFC 3032); what follows has no type, so its first bits tell.
NetworkLayer ReadMpls(std::span<const uint8_t> bytes);

}  // namespace silhouette
