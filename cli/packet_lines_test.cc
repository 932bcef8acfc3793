#include "cli/packet_lines.h"

#include <gtest/gtest.h>

#include "common/parse/link_type.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;

struct Lines {
  std::string json, text;
};

Lines LinesOf(const Bytes& frame) {
  const RawPacket raw{1'700'000'000'123'456'789, 1400, kLinkEthernet, frame};
  ReadPacket packet{3, &raw, ParseOutcome::kOk, {}, {}};
  packet.outcome = ParsePacket(raw, {}, &packet.headers);
  if (packet.outcome == ParseOutcome::kOk) {
    packet.flow = Orient(packet.headers, HomeNetworks::Default());
  }
  return {PacketJson(packet), PacketText(packet)};
}

TEST(PacketLines, AUdpPacketHasEndsPortsAndDirection) {
  const Lines lines = LinesOf(UdpFrame());
  EXPECT_EQ(lines.json,
            R"({"packet":3,"time_ns":1700000000123456789,"wire_bytes":1400,"captured_bytes":42,)"
            R"("link_type":1,"outcome":"ok","network":"ip","source_mac":"02:02:02:02:02:02",)"
            R"("destination_mac":"02:02:02:02:02:02","source":"192.168.1.20",)"
            R"("destination":"203.0.113.7","protocol":17,"source_port":50000,)"
            R"("destination_port":443,"direction":"outbound"})");
  EXPECT_EQ(lines.text,
            "2023-11-14 22:13:20.123456789   1400 B  192.168.1.20:50000 -> 203.0.113.7:443  udp");
}

TEST(PacketLines, TcpFlagsAreANumberForProgramsAndLettersForPeople) {
  Ipv4Fields fields;
  fields.protocol = IPPROTO_TCP;
  const Lines lines =
      LinesOf(Ethernet(0x0800, Ipv4(fields, Tcp(50000, 443, 0x12)), {0x81, 0x00, 0x00, 0x05}));
  EXPECT_NE(lines.json.find(R"("tcp_flags":18)"), std::string::npos) << lines.json;
  EXPECT_NE(lines.json.find(R"("vlan":[5])"), std::string::npos) << lines.json;
  EXPECT_NE(lines.text.find("tcp SA"), std::string::npos) << lines.text;
}

TEST(PacketLines, WithoutIpTheHardwareAddressesStandThere) {
  const Lines lines = LinesOf(Ethernet(0x888e, Bytes(10, 0)));
  EXPECT_NE(lines.json.find(R"("network":"other")"), std::string::npos) << lines.json;
  EXPECT_EQ(lines.json.find(R"("source":)"), std::string::npos) << lines.json;
  EXPECT_NE(lines.text.find("02:02:02:02:02:02 <- 02:02:02:02:02:02  other"), std::string::npos)
      << lines.text;
}

TEST(PacketLines, APacketThatIsNotReadSaysWhy) {
  const Lines lines = LinesOf(Ethernet(0x0800, {0x41, 0}));
  EXPECT_NE(lines.json.find(R"("outcome":"malformed"})"), std::string::npos) << lines.json;
  EXPECT_NE(lines.text.find("malformed (link type 1 (EN10MB))"), std::string::npos) << lines.text;
}

}  // namespace
}  // namespace silhouette
