#include "common/capture_file/recording_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/capture_file/fake_live_source.h"
#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"
#include "common/capture_file/robustness_captures.h"
#include "common/files.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using test_frames::Bytes;
using test_frames::Ethernet;
using test_frames::Ipv4;
using test_frames::Ipv6;
using test_frames::Join;
using test_frames::Tcp;
using test_frames::U16;
using test_frames::Udp;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Tunnels kAllTunnels = {.gre = true, .vxlan = true, .ip_in_ip = true};

// All that anything downstream learns from a packet.
struct Seen {
  int64_t time_ns;
  uint32_t wire_bytes;
  uint32_t link_type;
  struct Headers {
    ParseOutcome outcome;
    PacketEnds ends;
    uint8_t tcp_flags = 0;
    PacketHeaders::Fragment fragment = PacketHeaders::Fragment::kNone;
    uint32_t fragment_id = 0;
    bool operator==(const Headers&) const = default;
  } plain, inside;
  bool operator==(const Seen&) const = default;
};

Seen::Headers Parse(const RawPacket& packet, const Tunnels& tunnels) {
  PacketHeaders headers;
  const ParseOutcome outcome = ParsePacket(packet, tunnels, &headers);
  if (outcome != ParseOutcome::kOk) return {outcome, {}};
  return {outcome, headers, headers.tcp_flags, headers.fragment, headers.fragment_id};
}

// Up to `limit` packets.
std::vector<Seen> See(PacketSource* source, size_t limit) {
  std::vector<Seen> seen;
  PacketCursor cursor(source);
  RawPacket packet;
  while (seen.size() < limit) {
    const absl::StatusOr<bool> more = cursor.Next(&packet);
    if (!more.ok() || !*more) break;
    seen.push_back({packet.time_ns, packet.wire_bytes, packet.link_type, Parse(packet, {}),
                    Parse(packet, kAllTunnels)});
  }
  return seen;
}

class RecordingSourceTest : public ::testing::Test {
 protected:
  std::unique_ptr<RecordingSource> Record(std::unique_ptr<PacketSource> source) {
    auto writer = PcapngWriter::Create(path_, "");
    EXPECT_TRUE(writer.ok()) << writer.status();
    return std::make_unique<RecordingSource>(std::move(source), *std::move(writer));
  }
  std::unique_ptr<PacketSource> Recorded() {
    auto source = OpenCapture(path_);
    EXPECT_TRUE(source.ok()) << source.status();
    return *std::move(source);
  }
  void Add(Bytes frame) { source_->Add(++time_ns_, std::move(frame), 2000); }

  TemporaryFolder folder_;
  const std::string path_ = folder_.File("x.pcapng");
  std::unique_ptr<FakePacketSource> source_ = std::make_unique<FakePacketSource>();
  int64_t time_ns_ = 0;
};

const Bytes kContent(100, 's');  // "sss..."

Bytes Gre(uint16_t type, const Bytes& inner) { return Join({U16(0), U16(type), inner}); }
Bytes Vxlan(const Bytes& frame) {
  return Join({Udp(50000, 4789), {0x08, 0, 0, 0, 0, 0, 5, 0}, frame});
}
Bytes Chained(uint8_t next, uint8_t units, const Bytes& rest) {
  Bytes extension(8 * (units + size_t{1}), 0);
  extension[0] = next;
  extension[1] = units;
  return Join({extension, rest});
}

std::vector<Bytes> Frames() {
  const Bytes udp = Join({Udp(50000, 443), kContent});
  const Bytes tcp = Join({Tcp(50000, 443, 0x18), kContent});
  const Bytes packet = Ipv4({}, udp);
  const auto carry = [](uint8_t protocol, const Bytes& inner) {
    return Ethernet(0x0800, Ipv4({.protocol = protocol}, inner));
  };
  std::vector<Bytes> frames = {
      Ethernet(0x0800, packet),
      Ethernet(0x0800, packet, {0x81, 0, 0, 5, 0x81, 0, 0, 6}),
      carry(IPPROTO_TCP, tcp),
      carry(IPPROTO_ICMP, kContent),
      carry(IPPROTO_ESP, kContent),
      Ethernet(0x0800, Ipv4({.options = Bytes(8, 1)}, udp)),
      Ethernet(0x0800, Ipv4({.fragment = 0x2000}, udp)),
      Ethernet(0x0800, Ipv4({.fragment = 5}, kContent)),
      Ethernet(0x86dd, Ipv6("fd00::1", "fd00::2", IPPROTO_UDP, udp)),
      Ethernet(0x86dd, Ipv6("fd00::1", "fd00::2", 0, Chained(IPPROTO_TCP, 1, tcp))),
      Ethernet(0x86dd, Ipv6("fd00::1", "fd00::2", IPPROTO_FRAGMENT,
                            Join({{IPPROTO_UDP, 0, 0, 1, 0, 0, 0, 9}, udp}))),
      Ethernet(0x86dd, Ipv6("fd00::1", "fd00::2", IPPROTO_FRAGMENT,
                            Join({{IPPROTO_UDP, 0, 0, 64, 0, 0, 0, 9}, kContent}))),
      carry(IPPROTO_GRE, Gre(0x0800, packet)),
      carry(IPPROTO_GRE, Gre(0x6558, Ethernet(0x0800, packet))),
      carry(IPPROTO_GRE, Gre(0x88be, kContent)),
      carry(IPPROTO_IPIP, packet),
      carry(IPPROTO_IPIP, kContent),
      carry(IPPROTO_IPV6, Ipv6("fd00::1", "fd00::2", IPPROTO_UDP, Vxlan(Ethernet(0x0800, packet)))),
      carry(IPPROTO_UDP, Vxlan(Ethernet(0x0800, packet, {0x81, 0, 0, 5}))),
      carry(IPPROTO_UDP, Vxlan(test_frames::ArpFrame())),
      carry(IPPROTO_UDP, Vxlan(kContent)),
      test_frames::ArpFrame(),
      Ethernet(0x88cc, kContent),
      Ethernet(0x0026, Join({{0x42, 0x42, 0x03}, kContent})),
      Ethernet(0x0800, Join({{0x65}, kContent})),
      Ethernet(0x0800, Join({{0x65}, kContent}),
               Join({{0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1},
                     {0x81, 0, 0, 1}})),
      Ethernet(0x8864, Join({{0x11, 0, 0, 1, 0, 9, 0xc0, 0x21}, kContent})),
      Ethernet(0x8847, Join({{0, 0, 0x11, 64}, packet})),
      Ethernet(0x8847, Join({{0, 0, 0x11, 64}, kContent})),
  };
  return frames;
}

TEST_F(RecordingSourceTest, ARecordingParsesAsTheOriginalHoweverMuchOfItWasCaptured) {
  auto again = std::make_unique<FakePacketSource>();
  for (const Bytes& frame : Frames()) {
    for (size_t size = 0; size <= frame.size(); ++size) {
      Add(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
      again->Add(time_ns_, Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)),
                 2000);
    }
  }
  See(Record(std::move(source_)).get(), SIZE_MAX);
  EXPECT_TRUE(See(Recorded().get(), SIZE_MAX) == See(again.get(), SIZE_MAX));
}

TEST_F(RecordingSourceTest, PacketsPassUnchanged) {
  Add(test_frames::UdpFrame());
  auto recording = Record(std::move(source_));
  PacketCursor cursor(recording.get());
  RawPacket packet;
  ASSERT_TRUE(*cursor.Next(&packet));
  EXPECT_EQ(Bytes(packet.captured.begin(), packet.captured.end()), test_frames::UdpFrame());
  EXPECT_FALSE(*cursor.Next(&packet));
  EXPECT_EQ(recording->bytes_read(), recording->bytes_total());
  EXPECT_FALSE(recording->Finish());
}

TEST_F(RecordingSourceTest, ContentIsNotWritten) {
  for (const Bytes& frame : Frames()) Add(frame);
  See(Record(std::move(source_)).get(), SIZE_MAX);
  // Eight bytes of ICMP are its header.
  EXPECT_THAT(*ReadFile(path_), Not(HasSubstr(std::string(9, 's'))));
}

TEST_F(RecordingSourceTest, PacketsThatAreLeftOutKeepFewBytes) {
  const auto kept = [](uint32_t link_type, const Bytes& frame) {
    return HeaderBytes({.link_type = link_type, .captured = frame});
  };
  EXPECT_EQ(kept(9999, kContent), 0u);
  EXPECT_EQ(kept(kLinkNull, Join({{7, 0, 0, 0}, kContent})), 5u);
  EXPECT_EQ(kept(kLinkWifi, Join({{0x80, 0}, kContent})), 2u);
  EXPECT_EQ(kept(kLinkEthernet, Bytes(5, 0)), 0u);
  EXPECT_EQ(kept(kLinkRaw, kContent), 1u);
  // A cooked frame's type stands further back.
  EXPECT_EQ(kept(kLinkLinuxCooked, Join({Bytes(14, 0), U16(0x88cc), kContent})), 16u);
}

TEST_F(RecordingSourceTest, TheFileEndsWithTheSourcesEndTimeAndLosses) {
  auto live = std::make_unique<FakeLiveSource>();
  live->Add(1, test_frames::UdpFrame());
  live->BeSilentUntil(9'000'000'000);
  live->Lose({4, 2});
  See(Record(std::move(live)).get(), SIZE_MAX);
  auto recorded = Recorded();
  See(recorded.get(), SIZE_MAX);
  EXPECT_EQ(recorded->quiet_until_ns(), 9'000'000'000);
  EXPECT_EQ(recorded->loss().kernel_dropped, 4u);
  EXPECT_EQ(recorded->loss().interface_dropped, 2u);
}

TEST_F(RecordingSourceTest, ASourceThatFailsOrIsLeftGivesAWholeFileToo) {
  Add(test_frames::UdpFrame());
  source_->EndWith(absl::DataLossError("cut"));
  auto failing = Record(std::move(source_));
  ASSERT_TRUE(failing->Read().ok());
  EXPECT_EQ(failing->Read().status(), absl::DataLossError("cut"));
  EXPECT_EQ(See(Recorded().get(), SIZE_MAX).size(), 1u);

  source_ = std::make_unique<FakePacketSource>();
  for (int i = 0; i < 100; ++i) Add(test_frames::UdpFrame());
  auto left = Record(std::move(source_));
  ASSERT_TRUE(left->Read().ok());
  left.reset();
  EXPECT_EQ(See(Recorded().get(), SIZE_MAX).size(), PacketBlock::kMaxPackets);
}

TEST_F(RecordingSourceTest, APacketThatTheFormatCannotHoldIsLeftOutAndCounted) {
  source_->Add(-1, test_frames::UdpFrame());
  source_->Add(1, test_frames::UdpFrame());
  auto recording = Record(std::move(source_));
  EXPECT_EQ(See(recording.get(), SIZE_MAX).size(), 2u);
  EXPECT_THAT(recording->trouble(), HasSubstr("1 packets were not written"));
  EXPECT_EQ(See(Recorded().get(), SIZE_MAX).size(), 1u);
}

// Link types of files go to 26 bits, those of pcapng to 16; and some damaged files tell times
// before 1970.
bool FitsPcapng(const Seen& seen) { return seen.time_ns >= 0 && seen.link_type < 65536; }

TEST_F(RecordingSourceTest, RecordingsOfRealCapturesParseAsTheOriginals) {
  const auto captures = RobustnessCaptures();
  if (captures.empty()) GTEST_SKIP() << kNoRobustnessCaptures;
  constexpr size_t kPacketsPerFile = 2000;
  size_t compared = 0;
  for (const std::string& path : captures) {
    auto original = OpenCapture(path);
    auto recorded = OpenCapture(path);
    if (!original.ok() || !recorded.ok()) continue;
    See(Record(*std::move(recorded)).get(), kPacketsPerFile);
    std::vector<Seen> expected = See(original->get(), kPacketsPerFile);
    std::erase_if(expected, [](const Seen& seen) { return !FitsPcapng(seen); });
    std::vector<Seen> found = See(Recorded().get(), expected.size());
    EXPECT_TRUE(found == expected) << path;
    compared += expected.size();
  }
  EXPECT_GT(compared, 10'000u);
}

}  // namespace
}  // namespace silhouette
