#include "common/parse/ip_layer.h"

#include <gtest/gtest.h>

#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;

// Copies into a buffer of exactly its size, so that a sanitizer sees a read behind its end.
ParseOutcome Read4(const Bytes& packet, PacketHeaders* headers) {
  const Bytes exact(packet);
  std::span<const uint8_t> segment;
  return ReadIpv4(exact, headers, &segment);
}
ParseOutcome Read6(const Bytes& packet, PacketHeaders* headers) {
  const Bytes exact(packet);
  std::span<const uint8_t> segment;
  return ReadIpv6(exact, headers, &segment);
}

TEST(Ipv4, GivesAddressesProtocolAndPorts) {
  PacketHeaders headers;
  ASSERT_EQ(Read4(Ipv4({}, Udp(50000, 443)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source.ToString(), "192.168.1.20");
  EXPECT_EQ(headers.destination.ToString(), "203.0.113.7");
  EXPECT_EQ(headers.protocol, IPPROTO_UDP);
  EXPECT_EQ(headers.source_port, 50000);
  EXPECT_EQ(headers.destination_port, 443);
  EXPECT_EQ(headers.tcp_flags, 0);
}

TEST(Ipv4, PortsComeBehindTheOptions) {
  PacketHeaders headers;
  Ipv4Fields fields;
  fields.options = Bytes(40, 1);  // the most there can be
  ASSERT_EQ(Read4(Ipv4(fields, Udp(50000, 443)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 50000);
  EXPECT_EQ(headers.destination_port, 443);
}

TEST(Ipv4, OnlyTheFirstFragmentHasPorts) {
  Ipv4Fields fields;
  fields.fragment = 0x2000;  // more fragments, offset 0
  PacketHeaders first;
  ASSERT_EQ(Read4(Ipv4(fields, Udp(50000, 443)), &first), ParseOutcome::kOk);
  EXPECT_EQ(first.source_port, 50000);
  fields.fragment = 0x0001;
  PacketHeaders later;
  ASSERT_EQ(Read4(Ipv4(fields, Udp(50000, 443)), &later), ParseOutcome::kOk);
  EXPECT_EQ(later.source_port, 0);
  EXPECT_EQ(later.destination_port, 0);
  EXPECT_EQ(later.protocol, IPPROTO_UDP);
}

TEST(Ipv4, DontFragmentIsNoFragment) {
  Ipv4Fields fields;
  fields.fragment = 0x4000;
  PacketHeaders headers;
  ASSERT_EQ(Read4(Ipv4(fields, Udp(50000, 443)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 50000);
}

TEST(Ipv4, AHeaderOfLessThanTwentyBytesIsMalformed) {
  for (uint8_t words = 0; words < 5; ++words) {
    Bytes packet = Ipv4({}, Udp(1, 2));
    packet[0] = static_cast<uint8_t>(0x40 | words);
    PacketHeaders headers;
    EXPECT_EQ(Read4(packet, &headers), ParseOutcome::kMalformed) << int{words};
  }
}

TEST(Ipv4, AnotherVersionIsMalformed) {
  Bytes packet = Ipv4({}, Udp(1, 2));
  packet[0] = 0x65;
  PacketHeaders headers;
  EXPECT_EQ(Read4(packet, &headers), ParseOutcome::kMalformed);
}

TEST(Ipv4, ATotalLengthOfZeroComesFromSegmentationOffloadAndIsGood) {
  Bytes packet = Ipv4({}, Udp(50000, 443));
  packet[2] = packet[3] = 0;
  PacketHeaders headers;
  ASSERT_EQ(Read4(packet, &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 50000);
}

TEST(Ipv4, ATotalLengthBelowTheHeadersIsMalformed) {
  Bytes packet = Ipv4({}, Udp(50000, 443));
  packet[2] = 0;
  packet[3] = 19;
  PacketHeaders headers;
  EXPECT_EQ(Read4(packet, &headers), ParseOutcome::kMalformed);
}

TEST(Ipv4, EthernetPaddingIsNotTakenForPorts) {
  Bytes packet = Ipv4({}, {});
  packet.resize(46, 0xaa);  // a frame's least payload, filled up behind the packet's total length
  PacketHeaders headers;
  if (Read4(packet, &headers) == ParseOutcome::kMalformed) return;
  EXPECT_EQ(headers.source_port, 0);
  EXPECT_EQ(headers.destination_port, 0);
}

TEST(Ipv4, TcpFlagsAreReadAsTheyAre) {
  Ipv4Fields fields;
  fields.protocol = IPPROTO_TCP;
  for (int flags : {0x00, 0x02, 0x12, 0x18, 0xff}) {
    PacketHeaders headers;
    ASSERT_EQ(Read4(Ipv4(fields, Tcp(50000, 443, static_cast<uint8_t>(flags))), &headers),
              ParseOutcome::kOk);
    EXPECT_EQ(headers.tcp_flags, flags);
    EXPECT_EQ(headers.destination_port, 443);
  }
}

TEST(Ipv4, AProtocolWithoutPortsHasNone) {
  Ipv4Fields fields;
  fields.protocol = IPPROTO_ICMP;
  PacketHeaders headers;
  ASSERT_EQ(Read4(Ipv4(fields, Bytes(20, 0xff)), &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 0);
  EXPECT_EQ(headers.destination_port, 0);
  EXPECT_EQ(headers.tcp_flags, 0);
}

TEST(Ipv4, ACutBehindTheAddressesLeavesPortsAtZero) {
  const Bytes whole = Ipv4({}, Udp(50000, 443));
  for (size_t length = 0; length <= whole.size(); ++length) {
    PacketHeaders headers;
    const ParseOutcome outcome = Read4(Bytes(whole.begin(), whole.begin() + length), &headers);
    EXPECT_EQ(outcome, ParseOutcome::kOk) << length;
    EXPECT_EQ(headers.network, length < 20 ? Network::kCut : Network::kIp) << length;
    EXPECT_EQ(headers.source_port, length < 24 ? 0 : 50000) << length;
  }
}

TEST(Ipv6, GivesAddressesProtocolAndPorts) {
  PacketHeaders headers;
  const Bytes packet = Ipv6("fd00::20", "2001:db8::7", IPPROTO_TCP, Tcp(50000, 443, 0x12));
  ASSERT_EQ(Read6(packet, &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source.ToString(), "fd00::20");
  EXPECT_EQ(headers.destination.ToString(), "2001:db8::7");
  EXPECT_EQ(headers.protocol, IPPROTO_TCP);
  EXPECT_EQ(headers.source_port, 50000);
  EXPECT_EQ(headers.destination_port, 443);
  EXPECT_EQ(headers.tcp_flags, 0x12);
}

TEST(Ipv6, ExtensionHeadersAreSteppedOver) {
  const Bytes hop_by_hop = Join({{IPPROTO_DSTOPTS, 0}, Bytes(6, 0)});
  const Bytes destination = Join({{IPPROTO_ROUTING, 1}, Bytes(14, 0)});
  const Bytes routing = Join({{IPPROTO_AH, 0}, Bytes(6, 0)});
  const Bytes authentication = Join({{IPPROTO_UDP, 4}, Bytes(22, 0)});  // counts words, less 2
  PacketHeaders headers;
  const Bytes packet =
      Ipv6("fd00::20", "2001:db8::7", IPPROTO_HOPOPTS,
           Join({hop_by_hop, destination, routing, authentication, Udp(50000, 443)}));
  ASSERT_EQ(Read6(packet, &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.protocol, IPPROTO_UDP);
  EXPECT_EQ(headers.source_port, 50000);
  EXPECT_EQ(headers.destination_port, 443);
}

TEST(Ipv6, OnlyTheFirstFragmentHasPorts) {
  for (const uint16_t offset : {uint16_t{0}, uint16_t{1 << 3}}) {
    const Bytes fragment = Join({{IPPROTO_UDP, 0}, U16(offset | 1), Bytes(4, 0)});
    PacketHeaders headers;
    const Bytes packet =
        Ipv6("fd00::20", "2001:db8::7", IPPROTO_FRAGMENT, Join({fragment, Udp(50000, 443)}));
    ASSERT_EQ(Read6(packet, &headers), ParseOutcome::kOk);
    EXPECT_EQ(headers.protocol, IPPROTO_UDP) << offset;
    EXPECT_EQ(headers.source_port, offset == 0 ? 50000 : 0);
  }
}

TEST(Ipv6, AnExtensionThatClaimsMoreThanThereIsLeavesPortsAtZero) {
  const Bytes extension = Join({{IPPROTO_UDP, 255}, Bytes(6, 0)});
  PacketHeaders headers;
  ASSERT_EQ(
      Read6(Ipv6("fd00::20", "2001:db8::7", IPPROTO_HOPOPTS, Join({extension, Udp(50000, 443)})),
            &headers),
      ParseOutcome::kOk);
  EXPECT_EQ(headers.source_port, 0);
}

TEST(Ipv6, ACutBeforeTheAddressesEndSaysSo) {
  const Bytes whole = Ipv6("fd00::20", "2001:db8::7", IPPROTO_UDP, Udp(50000, 443));
  for (size_t length = 0; length <= whole.size(); ++length) {
    PacketHeaders headers;
    const ParseOutcome outcome = Read6(Bytes(whole.begin(), whole.begin() + length), &headers);
    EXPECT_EQ(outcome, ParseOutcome::kOk) << length;
    EXPECT_EQ(headers.network, length < 40 ? Network::kCut : Network::kIp) << length;
  }
}

TEST(Ipv6, AnotherVersionIsMalformed) {
  PacketHeaders headers;
  EXPECT_EQ(Read6(Bytes(60, 0x45), &headers), ParseOutcome::kMalformed);
}

}  // namespace
}  // namespace silhouette
