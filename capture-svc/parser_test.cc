#include "capture-svc/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "capture-svc/link_type.h"
#include "capture-svc/test_frames.h"

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

TEST(Parser, WhatIsNotIpIsSaidSo) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(kLinkEthernet, ArpFrame(), &headers), ParseOutcome::kNotIp);
  EXPECT_EQ(Parse(kLinkEthernet, Ethernet(0x888e, Bytes(10, 0)), &headers), ParseOutcome::kNotIp);
  EXPECT_EQ(Parse(kLinkEthernet, Ethernet(38, Bytes(38, 0x42)), &headers), ParseOutcome::kNotIp)
      << "a length stands where IEEE 802.3 has it";
  EXPECT_EQ(Parse(kLinkLinuxCooked, Sll(0x0806, Bytes(28, 0)), &headers), ParseOutcome::kNotIp);
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
  constexpr uint32_t kRadiotap = 127;
  EXPECT_EQ(Parse(kRadiotap, Ethernet(0x0800, Udp4()), &headers), ParseOutcome::kUnsupported);
}

struct Whole {
  uint32_t link_type;
  Bytes frame;
  size_t addresses_end;  // with fewer bytes, there is no flow
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
      {kLinkEthernet, Ethernet(0x0800, Ipv4(tcp, Tcp(1, 2, 3)), Join({kServiceTag, kVlan5})), 42},
      {kLinkEthernet, Ethernet(0x86dd, long6), 54},
      {kLinkLinuxCooked, Sll(0x0800, Udp4()), 36},
      {kLinkLinuxCooked2, Sll2(0x86dd, long6), 60},
      {kLinkRaw, long6, 40},
      {kLinkNull, Null({2, 0, 0, 0}, Udp4()), 24},
  };
}

TEST(Parser, ACutAtAnyByteGivesAnOutcome) {
  for (const Whole& whole : WholeFrames()) {
    for (size_t length = 0; length <= whole.frame.size(); ++length) {
      PacketHeaders headers;
      const Bytes cut(whole.frame.begin(), whole.frame.begin() + length);
      const ParseOutcome outcome = Parse(whole.link_type, cut, &headers);
      EXPECT_EQ(outcome, length < whole.addresses_end ? ParseOutcome::kCutShort : ParseOutcome::kOk)
          << "link type " << whole.link_type << " at " << length;
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
