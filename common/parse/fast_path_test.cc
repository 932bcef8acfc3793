// The shortcut says what the parser says, of everything that it takes.

#include "common/parse/fast_path.h"

#include <gtest/gtest.h>

#include <random>

#include "common/capture_file/robustness_captures.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;

// True when the shortcut takes the packet.
bool Compare(const RawPacket& packet) {
  FastPacket fast;
  if (!ReadFastPacket(packet, &fast)) return false;
  PacketHeaders headers;
  EXPECT_EQ(ParsePacket(packet, {}, &headers), ParseOutcome::kOk);
  PacketEnds ends = EndsOf(fast.key);
  if (fast.from_high) {
    std::swap(ends.source, ends.destination);
    std::swap(ends.source_mac, ends.destination_mac);
    std::swap(ends.source_port, ends.destination_port);
  }
  EXPECT_EQ(ends, static_cast<const PacketEnds&>(headers));
  EXPECT_EQ(fast.tcp_flags, headers.tcp_flags);
  EXPECT_EQ(headers.fragment, PacketHeaders::Fragment::kNone);
  return true;
}

bool CompareFrame(const Bytes& frame) {
  const Bytes exact(frame);
  RawPacket packet;
  packet.captured = exact;
  packet.link_type = kLinkEthernet;
  return Compare(packet);
}

Bytes TcpFrame() {
  Ipv4Fields fields;
  fields.protocol = IPPROTO_TCP;
  return Ethernet(0x0800, Ipv4(fields, Tcp(50000, 443, 0x12)));
}

TEST(FastPath, TakesUdpAndTcp) {
  EXPECT_TRUE(CompareFrame(UdpFrame()));
  EXPECT_TRUE(CompareFrame(TcpFrame()));
}

TEST(FastPath, LeavesAnythingUnusualToTheParser) {
  Ipv4Fields options, fragment, icmp;
  options.options = Bytes(4, 1);
  fragment.fragment = 0x2000;
  icmp.protocol = IPPROTO_ICMP;
  for (const Ipv4Fields& fields : {options, fragment, icmp}) {
    EXPECT_FALSE(CompareFrame(UdpFrame(fields)));
  }
  fragment.fragment = 1;
  EXPECT_FALSE(CompareFrame(UdpFrame(fragment)));
  EXPECT_FALSE(CompareFrame(Ethernet(0x0800, Ipv4({}, Udp(1, 2)), {0x81, 0x00, 0x00, 0x05})));
  for (const Bytes& whole : {UdpFrame(), TcpFrame()}) {
    Bytes cut = whole;
    cut.pop_back();
    EXPECT_FALSE(CompareFrame(cut));
    Bytes total = whole;  // shorter than the transport header
    total[17] = 27;
    EXPECT_FALSE(CompareFrame(total));
  }
}

TEST(FastPath, TakesPacketsThatMayNotBeFragmented) {
  Ipv4Fields fields;
  fields.fragment = 0x4000;
  EXPECT_TRUE(CompareFrame(UdpFrame(fields)));
}

TEST(FastPath, SaysWhatTheParserSaysWhateverTheBytes) {
  std::mt19937 random(1);
  int taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    Bytes frame = round % 2 == 0 ? UdpFrame() : TcpFrame();
    frame.resize(frame.size() + random() % 8);
    for (int hits = 0; hits < 3; ++hits) {
      frame[random() % frame.size()] = static_cast<uint8_t>(random());
    }
    taken += CompareFrame(frame);
    if (::testing::Test::HasFailure()) FAIL() << "round " << round;
  }
  EXPECT_GT(taken, 20'000) << "else the test says little";
}

TEST(FastPath, SaysWhatTheParserSaysOfRealCaptures) {
  const auto captures = RobustnessCaptures();
  if (captures.empty()) GTEST_SKIP() << kNoRobustnessCaptures;
  uint64_t taken = 0;
  for (const std::string& path : captures) {
    ForEachPacket(path, [&taken](const RawPacket& packet) { taken += Compare(packet); });
    if (HasFailure()) FAIL() << path;
  }
  EXPECT_GT(taken, 100'000u);
}

}  // namespace
}  // namespace silhouette
