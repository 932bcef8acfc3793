#include "capture-svc/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "capture-svc/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;
using ::testing::HasSubstr;

// Copies into a buffer of exactly its size, so that a sanitizer sees a read behind its end.
ParseOutcome Parse(int link_type, const Bytes& frame, PacketHeaders* headers) {
  const Bytes exact(frame);
  RawPacket packet;
  packet.captured = exact;
  return PacketParser::ForLinkType(link_type)->Parse(packet, headers);
}

void ExpectUdp(int link_type, const Bytes& frame) {
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
  ExpectUdp(DLT_EN10MB, Ethernet(0x0800, Udp4()));
  ExpectUdp(DLT_EN10MB, Ethernet(0x86dd, Udp6()));
  ExpectUdp(DLT_LINUX_SLL, Sll(0x0800, Udp4()));
  ExpectUdp(DLT_LINUX_SLL, Sll(0x86dd, Udp6()));
  ExpectUdp(DLT_LINUX_SLL2, Sll2(0x0800, Udp4()));
  ExpectUdp(DLT_LINUX_SLL2, Sll2(0x86dd, Udp6()));
  ExpectUdp(DLT_RAW, Udp4());
  ExpectUdp(DLT_RAW, Udp6());
  ExpectUdp(DLT_IPV4, Udp4());
  ExpectUdp(DLT_IPV6, Udp6());
}

TEST(Parser, StepsOverVlanTagsInAnyNumber) {
  ExpectUdp(DLT_EN10MB, Ethernet(0x0800, Udp4(), kVlan5));
  ExpectUdp(DLT_EN10MB, Ethernet(0x86dd, Udp6(), Join({kServiceTag, kVlan5})));
  ExpectUdp(DLT_EN10MB, Ethernet(0x0800, Udp4(), Join({kVlan5, kVlan5, kVlan5})));
}

TEST(Parser, StepsOverVlanTagsBehindACookedHeader) {
  const Bytes rest_of_tag = Join({U16(5), U16(0x0800), Udp4()});
  ExpectUdp(DLT_LINUX_SLL, Sll(0x8100, rest_of_tag));
  ExpectUdp(DLT_LINUX_SLL2, Sll2(0x8100, rest_of_tag));
}

TEST(Parser, ReadsLoopbackFamiliesInEitherByteOrder) {
  for (int link_type : {DLT_NULL, DLT_LOOP}) {
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
  EXPECT_EQ(Parse(DLT_EN10MB, ArpFrame(), &headers), ParseOutcome::kNotIp);
  EXPECT_EQ(Parse(DLT_EN10MB, Ethernet(0x888e, Bytes(10, 0)), &headers), ParseOutcome::kNotIp);
  EXPECT_EQ(Parse(DLT_EN10MB, Ethernet(38, Bytes(38, 0x42)), &headers), ParseOutcome::kNotIp)
      << "a length stands where IEEE 802.3 has it";
  EXPECT_EQ(Parse(DLT_LINUX_SLL, Sll(0x0806, Bytes(28, 0)), &headers), ParseOutcome::kNotIp);
}

TEST(Parser, RawIpOfAnUnknownVersionIsMalformed) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(DLT_RAW, Bytes(40, 0x50), &headers), ParseOutcome::kMalformed);
}

TEST(Parser, AnEtherTypeThatContradictsTheVersionIsMalformed) {
  PacketHeaders headers;
  EXPECT_EQ(Parse(DLT_EN10MB, Ethernet(0x0800, Udp6()), &headers), ParseOutcome::kMalformed);
  EXPECT_EQ(Parse(DLT_EN10MB, Ethernet(0x86dd, Udp4()), &headers), ParseOutcome::kMalformed);
}

TEST(Parser, HeadersOfThePacketBeforeLeaveNoTrace) {
  PacketHeaders headers;
  Ipv4Fields tcp;
  tcp.protocol = IPPROTO_TCP;
  ASSERT_EQ(Parse(DLT_RAW, Ipv4(tcp, Tcp(50000, 443, 0x12)), &headers), ParseOutcome::kOk);
  Ipv4Fields icmp;
  icmp.protocol = IPPROTO_ICMP;
  ASSERT_EQ(Parse(DLT_RAW, Ipv4(icmp, Bytes(8, 0)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 0);
  EXPECT_EQ(headers.destination_port, 0);
  EXPECT_EQ(headers.tcp_flags, 0);
}

TEST(Parser, AnUnknownLinkTypeIsRefusedByName) {
  const auto parser = PacketParser::ForLinkType(DLT_IEEE802_11_RADIO);
  EXPECT_TRUE(absl::IsUnimplemented(parser.status()));
  EXPECT_THAT(std::string(parser.status().message()), HasSubstr("IEEE802_11_RADIO"));
}

struct Whole {
  int link_type;
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
      {DLT_EN10MB, Ethernet(0x0800, Ipv4(tcp, Tcp(1, 2, 3)), Join({kServiceTag, kVlan5})), 42},
      {DLT_EN10MB, Ethernet(0x86dd, long6), 54},
      {DLT_LINUX_SLL, Sll(0x0800, Udp4()), 36},
      {DLT_LINUX_SLL2, Sll2(0x86dd, long6), 60},
      {DLT_RAW, long6, 40},
      {DLT_NULL, Null({2, 0, 0, 0}, Udp4()), 24},
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
