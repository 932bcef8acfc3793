#include "common/parse/wifi_layer.h"

#include <gtest/gtest.h>

#include "common/parse/link_type.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;
using Station = PacketEnds::Station;

constexpr uint8_t kData = 0x08, kQosData = 0x88, kNull = 0x48, kBeacon = 0x80, kAck = 0xd4;
constexpr uint8_t kToDs = 0x01, kFromDs = 0x02, kProtected = 0x40, kOrder = 0x80;
const Bytes kSnapIpv4 = {0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00};

// Addresses 1, 2 and 3 are 02:…:01, 02:…:02 and 02:…:03.
Bytes Address(uint8_t number) { return {2, 0, 0, 0, 0, number}; }
Bytes Header(uint8_t type, uint8_t flags, uint16_t sequence = 0) {
  return Join({{type, flags},
               U16(0),
               Address(1),
               Address(2),
               Address(3),
               {static_cast<uint8_t>(sequence), static_cast<uint8_t>(sequence >> 8)}});
}
Bytes Payload() { return Join({kSnapIpv4, Ipv4({}, Udp(50000, 443))}); }

ParseOutcome Parse(const Bytes& frame, PacketHeaders* headers, uint32_t link_type = kLinkWifi) {
  const Bytes exact(frame);
  RawPacket packet;
  packet.captured = exact;
  packet.link_type = link_type;
  return ParsePacket(packet, {}, headers);
}

void ExpectUdp(const Bytes& frame, uint32_t link_type = kLinkWifi) {
  PacketHeaders headers;
  ASSERT_EQ(Parse(frame, &headers, link_type), ParseOutcome::kOk);
  EXPECT_EQ(headers.network, Network::kIp);
  EXPECT_EQ(headers.source_port, 50000);
}

void ExpectMacsAlone(const Bytes& frame) {
  PacketHeaders headers;
  ASSERT_EQ(Parse(frame, &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.network, Network::kOther);
  EXPECT_EQ(headers.source_mac.ToString(), "02:00:00:00:00:02");
  EXPECT_EQ(headers.destination_mac.ToString(), "02:00:00:00:00:03");
  EXPECT_EQ(headers.station, Station::kSource);
}

TEST(Wifi, WhereTheDistributionSystemIsTellsWhoSends) {
  struct Case {
    uint8_t flags;
    uint8_t source, destination;
    Station station;
  };
  for (const Case& c :
       {Case{kToDs, 2, 3, Station::kSource}, Case{kFromDs, 3, 1, Station::kDestination},
        Case{0, 2, 1, Station::kNone}}) {
    PacketHeaders headers;
    ASSERT_EQ(Parse(Join({Header(kData, c.flags), Payload()}), &headers), ParseOutcome::kOk);
    EXPECT_EQ(headers.source_mac.bytes[5], c.source);
    EXPECT_EQ(headers.destination_mac.bytes[5], c.destination);
    EXPECT_EQ(headers.station, c.station);
    EXPECT_EQ(headers.source.ToString(), "192.168.1.20");
  }
}

TEST(Wifi, BetweenAccessPointsThereAreFourAddresses) {
  PacketHeaders headers;
  const Bytes frame = Join({Header(kData, kToDs | kFromDs), Address(4), Payload()});
  ASSERT_EQ(Parse(frame, &headers), ParseOutcome::kOk);
  EXPECT_EQ(headers.source_mac.bytes[5], 4);
  EXPECT_EQ(headers.destination_mac.bytes[5], 3);
  EXPECT_EQ(headers.station, Station::kNone);
  EXPECT_EQ(headers.source_port, 50000);
}

TEST(Wifi, QualityOfServiceAndHighThroughputMakeTheHeaderLonger) {
  ExpectUdp(Join({Header(kQosData, kToDs), {0, 0}, Payload()}));
  ExpectUdp(Join({Header(kQosData, kToDs | kOrder), {0, 0}, Bytes(4, 0), Payload()}));
}

TEST(Wifi, AnEncryptedFrameHasItsHardwareAddresses) {
  ExpectMacsAlone(Join({Header(kData, kToDs | kProtected), Payload()}));
  ExpectMacsAlone(Join({Header(kQosData, kToDs | kProtected), {0, 0}, Bytes(60, 9)}));
}

TEST(Wifi, AggregatesAndLaterFragmentsHaveTheirHardwareAddresses) {
  ExpectMacsAlone(Join({Header(kQosData, kToDs), {0x80, 0}, Payload()}));
  ExpectMacsAlone(Join({Header(kData, kToDs, 1), Payload()}));
}

TEST(Wifi, ACutBehindTheAddressesLeavesThem) {
  ExpectMacsAlone(Header(kData, kToDs));
  ExpectMacsAlone(Header(kQosData, kToDs));
  PacketHeaders headers;
  Bytes cut = Header(kData, kToDs);
  cut.pop_back();
  EXPECT_EQ(Parse(cut, &headers), ParseOutcome::kCutShort);
}

TEST(Wifi, ManagementControlAndEmptyFramesAreNoData) {
  PacketHeaders headers;
  for (uint8_t type : {kBeacon, kAck, kNull}) {
    EXPECT_EQ(Parse(Join({Header(type, kToDs), Payload()}), &headers), ParseOutcome::kNotData);
  }
}

TEST(Wifi, RadiotapIsSteppedOverWithItsPadding) {
  const Bytes frame = Join({Header(kQosData, kToDs), {0, 0}, Payload()});
  const Bytes padded = Join({Header(kQosData, kToDs), {0, 0}, {0, 0}, Payload()});
  const Bytes bare = {0, 0, 8, 0, 0, 0, 0, 0};
  const Bytes flags = {0, 0, 9, 0, 2, 0, 0, 0, 0x20};
  const Bytes timer_and_flags = Join({{0, 0, 17, 0, 3, 0, 0, 0}, Bytes(8, 0x77), {0x20}});
  const Bytes two_words =
      Join({{0, 0, 25, 0, 3, 0, 0, 0x80}, {0, 0, 0, 0}, Bytes(4, 0), Bytes(8, 0x77), {0x20}});
  ExpectUdp(Join({bare, frame}), kLinkWifiRadiotap);
  ExpectUdp(Join({flags, padded}), kLinkWifiRadiotap);
  ExpectUdp(Join({timer_and_flags, padded}), kLinkWifiRadiotap);
  ExpectUdp(Join({two_words, padded}), kLinkWifiRadiotap);
  PacketHeaders headers;
  EXPECT_EQ(Parse({0, 0, 7, 0, 0, 0, 0, 0}, &headers, kLinkWifiRadiotap), ParseOutcome::kMalformed);
}

}  // namespace
}  // namespace silhouette
