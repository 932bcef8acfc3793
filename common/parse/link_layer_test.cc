#include "common/parse/link_layer.h"

#include <gtest/gtest.h>

#include "common/parse/link_type.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;

const Bytes kIp = {0x45, 1, 2, 3, 4};

// The EtherType behind the link header, and that kIp stands there.
uint16_t TypeBehind(uint32_t link_type, const Bytes& frame) {
  PacketHeaders headers;
  NetworkLayer network;
  EXPECT_EQ(ReadLinkLayer(link_type, frame, &headers, &network), ParseOutcome::kOk);
  if (network.ether_type != kEtherNone) {
    EXPECT_EQ(Bytes(network.bytes.begin(), network.bytes.end()), kIp);
  }
  return network.ether_type;
}

TEST(LinkLayer, PppMayHaveAddressAndControlOrACompressedProtocol) {
  for (LinkType link_type : {kLinkPpp, kLinkPppHdlc}) {
    EXPECT_EQ(TypeBehind(link_type, Join({{0xff, 0x03}, U16(0x0021), kIp})), kEtherIpv4);
    EXPECT_EQ(TypeBehind(link_type, Join({U16(0x0057), kIp})), kEtherIpv6);
    EXPECT_EQ(TypeBehind(link_type, Join({{0x21}, kIp})), kEtherIpv4);
    EXPECT_EQ(TypeBehind(link_type, Join({{0xff, 0x03}, U16(0xc021), kIp})), kEtherNone);
  }
  EXPECT_EQ(TypeBehind(kLinkPppWithDirection, Join({{1, 0xff, 0x03}, U16(0x0021), kIp})),
            kEtherIpv4);
}

TEST(LinkLayer, CiscosHdlcHasAnEtherType) {
  EXPECT_EQ(TypeBehind(kLinkPppHdlc, Join({{0x0f, 0}, U16(0x0800), kIp})), kEtherIpv4);
  EXPECT_EQ(TypeBehind(kLinkCiscoHdlc, Join({{0x8f, 0}, U16(0x86dd), kIp})), kEtherIpv6);
}

TEST(LinkLayer, A8023FrameMayHaveAnEtherTypeBehindSnap) {
  const Bytes snap = {0xaa, 0xaa, 0x03, 0, 0, 0}, bridged = {0xaa, 0xaa, 0x03, 0, 0, 0xf8};
  const Bytes cisco = {0xaa, 0xaa, 0x03, 0, 0, 0x0c}, spanning_tree = {0x42, 0x42, 0x03, 0, 0, 0};
  EXPECT_EQ(TypeBehind(kLinkEthernet, Ethernet(13, Join({snap, U16(0x0800), kIp}))), kEtherIpv4);
  EXPECT_EQ(TypeBehind(kLinkEthernet, Ethernet(13, Join({bridged, U16(0x0800), kIp}))), kEtherIpv4);
  EXPECT_EQ(TypeBehind(kLinkEthernet, Ethernet(13, Join({cisco, U16(0x2000), kIp}))), kEtherNone);
  EXPECT_EQ(TypeBehind(kLinkEthernet, Ethernet(13, Join({spanning_tree, U16(0), kIp}))),
            kEtherNone);
}

TEST(LinkLayer, EthernetGivesBothAddresses) {
  PacketHeaders headers;
  NetworkLayer network;
  const Bytes frame = Join({Bytes(6, 0x0a), Bytes(6, 0x0c), U16(0x0800), kIp});
  ASSERT_EQ(ReadLinkLayer(kLinkEthernet, frame, &headers, &network), ParseOutcome::kOk);
  EXPECT_EQ(headers.destination_mac.ToString(), "0a:0a:0a:0a:0a:0a");
  EXPECT_EQ(headers.source_mac.ToString(), "0c:0c:0c:0c:0c:0c");
}

TEST(LinkLayer, CookedGivesTheSendersAddressAlone) {
  for (LinkType link_type : {kLinkLinuxCooked, kLinkLinuxCooked2}) {
    const Bytes address = {0x0c, 1, 2, 3, 4, 5, 0, 0};
    const Bytes frame =
        link_type == kLinkLinuxCooked
            ? Join({U16(0), U16(1), U16(6), address, U16(0x0800), kIp})
            : Join({U16(0x0800), U16(0), Bytes(4, 0), U16(1), {0, 6}, address, kIp});
    PacketHeaders headers;
    NetworkLayer network;
    ASSERT_EQ(ReadLinkLayer(link_type, frame, &headers, &network), ParseOutcome::kOk);
    EXPECT_EQ(headers.source_mac.ToString(), "0c:01:02:03:04:05");
    EXPECT_TRUE(headers.destination_mac.is_zero());
  }
}

}  // namespace
}  // namespace silhouette
