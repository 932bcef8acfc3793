#include "learn/simulate/frame.h"

#include <gtest/gtest.h>

#include "learn/simulate/home.h"

namespace silhouette::simulate {
namespace {

SimulatedPacket Udp() {
  return {.source_mac = {2, 0, 0, 0, 0, 1},
          .destination_mac = {2, 0, 0, 0, 0, 2},
          .source = V4(192, 168, 1, 20),
          .destination = V4(203, 0, 113, 7),
          .source_port = 52814,
          .destination_port = 8801,
          .protocol = Protocol::kUdp,
          .wire_bytes = 1000};
}

uint32_t WordAt(const std::vector<uint8_t>& bytes, size_t offset) {
  return static_cast<uint32_t>(bytes.at(offset) << 8 | bytes.at(offset + 1));
}

// RFC 1071: over a header with its checksum in place, the words add up to all ones.
uint32_t FoldedSum(const std::vector<uint8_t>& bytes, size_t begin, size_t end) {
  uint32_t sum = 0;
  for (size_t i = begin; i < end; i += 2) sum += WordAt(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

TEST(FrameTest, UdpFrameIsTheBytesOfTheStandards) {
  const std::vector<uint8_t> expected = {
      2,    0,    0,    0,    0,    2,    2,    0,    0,  0,  0,    1,    0x08, 0x00,  // Ethernet
      0x45, 0,    0x03, 0xda, 0,    0,    0x40, 0,    64, 17, 0x39, 0x4f,  // IPv4, 986 bytes
      192,  168,  1,    20,   203,  0,    113,  7,                         //
      0xce, 0x4e, 0x22, 0x61, 0x03, 0xc6, 0x09, 0xee,                      // UDP, 966 bytes
  };
  EXPECT_EQ(BuildHeaders(Udp()), expected);
}

TEST(FrameTest, EveryIpv4ChecksumOfAHomeIsRight) {
  const absl::StatusOr<Simulation> home = SimulateHome({.call = {.duration_s = 10}});
  ASSERT_TRUE(home.ok()) << home.status();
  for (const SimulatedPacket& packet : home->packets) {
    if (packet.protocol == Protocol::kArp || packet.source.is_v6) continue;
    ASSERT_EQ(FoldedSum(BuildHeaders(packet), 14, 34), 0xffffu);
  }
}

TEST(FrameTest, EveryHeaderHasTheLengthSaid) {
  const absl::StatusOr<Simulation> home = SimulateHome({.call = {.duration_s = 10}});
  ASSERT_TRUE(home.ok()) << home.status();
  for (const SimulatedPacket& packet : home->packets) {
    ASSERT_EQ(BuildHeaders(packet).size(), HeaderBytes(packet));
    ASSERT_GE(packet.wire_bytes, HeaderBytes(packet));
  }
}

TEST(FrameTest, LengthFieldsTellOfTheWholeFrame) {
  SimulatedPacket packet = Udp();
  EXPECT_EQ(WordAt(BuildHeaders(packet), 16), 1000u - 14);
  EXPECT_EQ(WordAt(BuildHeaders(packet), 38), 1000u - 34);
  packet.source = V6({0xfd00, 0, 0, 0, 0, 0, 0, 1});
  packet.destination = V6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1});
  EXPECT_EQ(WordAt(BuildHeaders(packet), 18), 1000u - 54);
  EXPECT_EQ(WordAt(BuildHeaders(packet), 58), 1000u - 54);
}

TEST(FrameTest, ArpRequestDoesNotKnowWhomItAsks) {
  SimulatedPacket packet = Udp();
  packet.protocol = Protocol::kArp;
  packet.message_type = 1;
  packet.wire_bytes = 60;
  const std::vector<uint8_t> headers = BuildHeaders(packet);
  ASSERT_EQ(headers.size(), 42u);
  EXPECT_EQ(std::vector<uint8_t>(headers.begin() + 32, headers.begin() + 38),
            std::vector<uint8_t>(6, 0));
}

}  // namespace
}  // namespace silhouette::simulate
