#include "common/parse/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/parse/link_type.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;
using ::testing::HasSubstr;

// Copies into a buffer of exactly its size, so that a sanitizer sees a read behind its end.
ParseOutcome Parse(uint32_t link_type, const Bytes& frame, PacketHeaders* headers) {
  const Bytes exact(frame);
  RawPacket packet;
  packet.captured = exact;
  packet.link_type = link_type;
  return ParsePacket(packet, {}, headers);
}

void ExpectUdp(uint32_t link_type, const Bytes& frame) {
  PacketHeaders headers;
  ASSERT_EQ(Parse(link_type, frame, &headers), ParseOutcome::kOk) << link_type;
  EXPECT_EQ(headers.protocol, IPPROTO_UDP);
  EXPECT_EQ(headers.source_port, 50000);
  EXPECT_EQ(headers.destination_port, 443);
}

const Bytes kVlan5 = {0x81, 0x00, 0x00, 0x05};
const Bytes kServiceTag = {0x88, 0xa8, 0x00, 0x07};

Bytes Udp4() { return Ipv4({}, Udp(50000, 443)); }
Bytes Udp6() { return Ipv6("fd00::20", "2001:db8::7", IPPROTO_UDP, Udp(50000, 443)); }
Bytes Sll(uint16_t type, const Bytes& payload) {
  return Join({U16(0), U16(1), U16(6), Bytes(8, 2), U16(type), payload});
}
Bytes Sll2(uint16_t type, const Bytes& payload) {
  return Join({U16(type), U16(0), Bytes(4, 0), U16(1), {0, 6}, Bytes(8, 2), payload});
}
Bytes Null(const Bytes& family, const Bytes& payload) { return Join({family, payload}); }

TEST(Parser, ReadsBothIpVersionsOfEveryLinkType) {
  ExpectUdp(kLinkEthernet, Ethernet(0x0800, Udp4()));
  ExpectUdp(kLinkEthernet, Ethernet(0x86dd, Udp6()));
  ExpectUdp(kLinkLinuxCooked, Sll(0x0800, Udp4()));
  ExpectUdp(kLinkLinuxCooked, Sll(0x86dd, Udp6()));
  ExpectUdp(kLinkLinuxCooked2, Sll2(0x0800, Udp4()));
  ExpectUdp(kLinkLinuxCooked2, Sll2(0x86dd, Udp6()));
  ExpectUdp(kLinkRaw, Udp4());
  ExpectUdp(kLinkRaw, Udp6());
  ExpectUdp(kLinkIpv4, Udp4());
  ExpectUdp(kLinkIpv6, Udp6());
}

TEST(Parser, StepsOverVlanTagsInAnyNumber) {
  ExpectUdp(kLinkEthernet, Ethernet(0x0800, Udp4(), kVlan5));
  ExpectUdp(kLinkEthernet, Ethernet(0x86dd, Udp6(), Join({kServiceTag, kVlan5})));
  ExpectUdp(kLinkEthernet, Ethernet(0x0800, Udp4(), Join({kVlan5, kVlan5, kVlan5})));
}

TEST(Parser, StepsOverVlanTagsBehindACookedHeader) {
  const Bytes rest_of_tag = Join({U16(5), U16(0x0800), Udp4()});
  ExpectUdp(kLinkLinuxCooked, Sll(0x8100, rest_of_tag));
  ExpectUdp(kLinkLinuxCooked2, Sll2(0x8100, rest_of_tag));
}

TEST(Parser, ReadsLoopbackFamiliesInEitherByteOrder) {
  for (LinkType link_type : {kLinkNull, kLinkLoop}) {
    ExpectUdp(link_type, Null({2, 0, 0, 0}, Udp4()));
    ExpectUdp(link_type, Null({0, 0, 0, 2}, Udp4()));
    for (uint8_t inet6 : {10, 24, 28, 30}) {
      ExpectUdp(link_type, Null({inet6, 0, 0, 0}, Udp6()));
      ExpectUdp(link_type, Null({0, 0, 0, inet6}, Udp6()));
    }
    PacketHeaders headers;
    EXPECT_EQ(Parse(link_type, Null({7, 0, 0, 0}, Udp4()), &headers), ParseOutcome::kNotIp);
  }
}

TEST(Parser, WhatIsNotIpHasItsHardwareAddresses) {
  PacketHeaders headers;
  for (const Bytes& frame : {Ethernet(0x888e, Bytes(10, 0)), Ethernet(38, Bytes(38, 0x42))}) {
    ASSERT_EQ(Parse(kLinkEthernet, frame, &headers), ParseOutcome::kOk);
    EXPECT_EQ(headers.network, Network::kOther);
    EXPECT_EQ(headers.source_mac.ToString(), "02:02:02:02:02:02");
    EXPECT_EQ(headers.source, IpAddress());
  }
}

TEST(Parser, WhatIsNotIpAndHasNoHardwareAddressesIsSaidSo) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(kLinkPpp, {0xff, 0x03, 0xc0, 0x21, 1, 1}, &headers), ParseOutcome::kNotIp);
}

TEST(Parser, ArpGivesTheAddressesOfSenderAndTarget) {
  const Bytes message = Join({U16(1),
                              U16(0x0800),
                              {6, 4},
                              U16(1),
                              Bytes(6, 2),
                              AddressBytes("192.168.1.20"),
                              Bytes(6, 0),
                              AddressBytes("192.168.1.1")});
  for (LinkType link_type : {kLinkEthernet, kLinkLinuxCooked}) {
    PacketHeaders headers;
    const Bytes frame =
        link_type == kLinkEthernet ? Ethernet(0x0806, message) : Sll(0x0806, message);
    ASSERT_EQ(Parse(link_type, frame, &headers), ParseOutcome::kOk);
    EXPECT_EQ(headers.network, Network::kArp);
    EXPECT_EQ(headers.source.ToString(), "192.168.1.20");
    EXPECT_EQ(headers.destination.ToString(), "192.168.1.1");
    EXPECT_EQ(headers.source_port, 0);
  }
}

TEST(Parser, PppoeAndMplsAreSteppedOver) {
  const Bytes session = {0x11, 0, 0, 5, 0, 0};
  const Bytes label = {0, 0x10, 0x00, 64}, bottom_label = {0, 0x20, 0x01, 64};
  ExpectUdp(kLinkEthernet, Ethernet(0x8864, Join({session, U16(0x0021), Udp4()})));
  ExpectUdp(kLinkEthernet, Ethernet(0x8864, Join({session, U16(0x0057), Udp6()})));
  ExpectUdp(kLinkEthernet, Ethernet(0x8847, Join({label, bottom_label, Udp4()})));
  ExpectUdp(kLinkEthernet, Ethernet(0x8848, Join({bottom_label, Udp6()}), kVlan5));
  ExpectUdp(kLinkPppoe, Join({session, U16(0x0021), Udp4()}));
}

TEST(Parser, TagsAreTheOuterAndTheInnerId) {
  PacketHeaders headers;
  ASSERT_EQ(Parse(kLinkEthernet, Ethernet(0x0800, Udp4(), kVlan5), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.vlan, 5u);
  ASSERT_EQ(Parse(kLinkEthernet, Ethernet(0x0800, Udp4(), Join({kServiceTag, kVlan5})), &headers),
            ParseOutcome::kOk);
  EXPECT_EQ(headers.vlan, 7u << 12 | 5);
}

// A packet from 10.0.0.1 to 10.0.0.2 with Udp4 inside.
Bytes Tunnel(uint8_t protocol, const Bytes& payload) {
  Ipv4Fields outer;
  outer.source = "10.0.0.1";
  outer.destination = "10.0.0.2";
  outer.protocol = protocol;
  return Ipv4(outer, payload);
}

struct TunnelCase {
  const char* name;
  Bytes packet;
  Tunnels look_into;
};

std::vector<TunnelCase> TunnelCases() {
  const Bytes vxlan = {0x08, 0, 0, 0, 0, 0, 9, 0};
  return {
      {"GRE", Tunnel(47, Join({U16(0), U16(0x0800), Udp4()})), {.gre = true}},
      {"GRE with checksum, key and sequence",
       Tunnel(47, Join({U16(0xb000), U16(0x86dd), Bytes(12, 9), Udp6()})),
       {.gre = true}},
      {"GRE with Ethernet",
       Tunnel(47, Join({U16(0), U16(0x6558), Ethernet(0x0800, Udp4())})),
       {.gre = true}},
      {"VXLAN",
       Tunnel(17, Join({Udp(5555, 4789), vxlan, Ethernet(0x0800, Udp4(), kVlan5)})),
       {.vxlan = true}},
      {"IP in IP", Tunnel(4, Udp4()), {.ip_in_ip = true}},
      {"IPv6 in IPv4", Tunnel(41, Udp6()), {.ip_in_ip = true}},
      {"two in each other", Tunnel(4, Tunnel(4, Udp4())), {.ip_in_ip = true}},
  };
}

PacketHeaders ParseTunnel(const Bytes& packet, const Tunnels& tunnels) {
  PacketHeaders headers;
  const Bytes frame = Ethernet(0x0800, packet);
  RawPacket raw;
  raw.captured = frame;
  raw.link_type = kLinkEthernet;
  EXPECT_EQ(ParsePacket(raw, tunnels, &headers), ParseOutcome::kOk);
  return headers;
}

TEST(Parser, TunnelsAreLookedIntoOnRequestAlone) {
  for (const TunnelCase& tunnel : TunnelCases()) {
    SCOPED_TRACE(tunnel.name);
    EXPECT_EQ(ParseTunnel(tunnel.packet, {}).source.ToString(), "10.0.0.1");
    const PacketHeaders inside = ParseTunnel(tunnel.packet, tunnel.look_into);
    EXPECT_NE(inside.source.ToString(), "10.0.0.1");
    EXPECT_EQ(inside.source_port, 50000);
    EXPECT_EQ(inside.destination_port, 443);
    EXPECT_FALSE(inside.source_mac.is_zero());
  }
}

TEST(Parser, ATunnelThatCannotBeReadInsideCountsAsItIsOutside) {
  const Tunnels all{true, true, true};
  for (const Bytes& packet : {
           Tunnel(47, Join({U16(0x0001), U16(0x880b), Bytes(30, 0)})),  // PPTP's own version
           Tunnel(47, {0, 0, 8}),
           Tunnel(47, Join({U16(0), U16(0x0800), Bytes(40, 0)})),
           Tunnel(4, Bytes(40, 0x77)),
           Tunnel(17, Join({Udp(5555, 4789), Bytes(30, 0)})),
       }) {
    EXPECT_EQ(ParseTunnel(packet, all).source.ToString(), "10.0.0.1");
  }
  EXPECT_EQ(ParseTunnel(Tunnel(17, Join({Udp(5555, 4789), Bytes(3, 0)})), all).source_port, 5555);
}

TEST(Parser, RawIpOfAnUnknownVersionIsMalformed) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(kLinkRaw, Bytes(40, 0x50), &headers), ParseOutcome::kMalformed);
}

TEST(Parser, AnEtherTypeThatContradictsTheVersionIsMalformed) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(kLinkEthernet, Ethernet(0x0800, Udp6()), &headers), ParseOutcome::kMalformed);
  EXPECT_EQ(Parse(kLinkEthernet, Ethernet(0x86dd, Udp4()), &headers), ParseOutcome::kMalformed);
}

TEST(Parser, HeadersOfThePacketBeforeLeaveNoTrace) {
  PacketHeaders headers;
  Ipv4Fields tcp;
  tcp.protocol = IPPROTO_TCP;
  ASSERT_EQ(Parse(kLinkRaw, Ipv4(tcp, Tcp(50000, 443, 0x12)), &headers), ParseOutcome::kOk);
  Ipv4Fields icmp;
  icmp.protocol = IPPROTO_ICMP;
  ASSERT_EQ(Parse(kLinkRaw, Ipv4(icmp, Bytes(8, 0)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 0);
  EXPECT_EQ(headers.destination_port, 0);
  EXPECT_EQ(headers.tcp_flags, 0);
}

TEST(Parser, AnUnknownLinkTypeIsUnsupported) {
  PacketHeaders headers;
  constexpr uint32_t kUsb = 189;
  EXPECT_EQ(Parse(kUsb, Ethernet(0x0800, Udp4()), &headers), ParseOutcome::kUnsupported);
}

struct Whole {
  uint32_t link_type;
  Bytes frame;
  size_t macs_end;       // with fewer bytes, there is no address at all
  size_t addresses_end;  // with fewer bytes, there are hardware addresses alone
};

std::vector<Whole> WholeFrames() {
  Ipv4Fields tcp;
  tcp.protocol = IPPROTO_TCP;
  tcp.options = Bytes(8, 1);
  const Bytes extensions =
      Join({{IPPROTO_FRAGMENT, 0}, Bytes(6, 0), {IPPROTO_TCP, 0}, Bytes(6, 0)});
  const Bytes long6 =
      Ipv6("fd00::20", "2001:db8::7", IPPROTO_HOPOPTS, Join({extensions, Tcp(50000, 443, 0x12)}));
  return {
      {kLinkEthernet, Ethernet(0x0800, Ipv4(tcp, Tcp(1, 2, 3)), Join({kServiceTag, kVlan5})), 12,
       42},
      {kLinkEthernet, Ethernet(0x86dd, long6), 12, 54},
      {kLinkLinuxCooked, Sll(0x0800, Udp4()), 16, 36},
      {kLinkLinuxCooked2, Sll2(0x86dd, long6), 20, 60},
      {kLinkRaw, long6, 40, 40},
      {kLinkNull, Null({2, 0, 0, 0}, Udp4()), 24, 24},
  };
}

TEST(Parser, ACutAtAnyByteGivesAnOutcome) {
  for (const Whole& whole : WholeFrames()) {
    for (size_t length = 0; length <= whole.frame.size(); ++length) {
      PacketHeaders headers;
      const Bytes cut(whole.frame.begin(), whole.frame.begin() + length);
      const ParseOutcome outcome = Parse(whole.link_type, cut, &headers);
      SCOPED_TRACE(length);
      ASSERT_EQ(outcome, length < whole.macs_end ? ParseOutcome::kCutShort : ParseOutcome::kOk)
          << "link type " << whole.link_type;
      if (outcome != ParseOutcome::kOk) continue;
      EXPECT_EQ(headers.network, length < whole.addresses_end ? Network::kCut : Network::kIp)
          << "link type " << whole.link_type;
    }
  }
}

TEST(Parser, NoByteMakesItReadOutOfBounds) {
  std::mt19937 random(1);
  for (const Whole& whole : WholeFrames()) {
    for (int round = 0; round < 2000; ++round) {
      Bytes frame(whole.frame.begin(), whole.frame.begin() + random() % (whole.frame.size() + 1));
      for (int hits = 0; hits < 3 && !frame.empty(); ++hits) {
        frame[random() % frame.size()] = static_cast<uint8_t>(random());
      }
      PacketHeaders headers;
      const ParseOutcome outcome = Parse(whole.link_type, frame, &headers);
      EXPECT_LE(static_cast<int>(outcome), static_cast<int>(ParseOutcome::kMalformed));
    }
  }
}

}  // namespace
}  // namespace silhouette
