#include "capture-svc/source/live_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>

#include <chrono>
#include <memory>

#include "capture-svc/source/test_network.h"
#include "common/parse/link_type.h"

namespace silhouette {
namespace {

using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using Steady = std::chrono::steady_clock;

constexpr uint32_t kHeaders = 14 + 20 + 8;  // Ethernet, IPv4, UDP
constexpr int64_t kSecondNs = 1'000'000'000;

// Real packets, in a network of the test's own.
class LiveSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: it makes a network namespace";
    network_ = std::make_unique<TestNetwork>();
    if (!network_->ready()) GTEST_SKIP() << "the system allows no network namespace";
    port_ = network_->OpenPort();
    ASSERT_NE(port_, 0);
    options_.interface = "lo";
  }

  void Open() {
    auto source = LiveSource::Open(options_);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }

  struct Taken {
    std::vector<RawPacket> packets;  // without their bytes
    std::vector<size_t> captured_bytes;
    bool ended = false;
    absl::Status status;
  };

  // Reads until there are `wanted` packets, the end or an error, for two seconds at most.
  Taken Take(size_t wanted) {
    Taken taken;
    const auto deadline = Steady::now() + std::chrono::seconds(2);
    while (taken.packets.size() < wanted && !taken.ended && Steady::now() < deadline) {
      auto block = source_->Read();
      taken.status = block.status();
      if (!block.ok()) return taken;
      taken.ended = block->end;
      EXPECT_LE(block->packets.size(), PacketBlock::kMaxPackets);
      for (const RawPacket& packet : block->packets) {
        taken.packets.push_back(packet);
        taken.captured_bytes.push_back(packet.captured.size());
      }
    }
    return taken;
  }

  std::unique_ptr<TestNetwork> network_;
  uint16_t port_ = 0;
  LiveOptions options_;
  std::unique_ptr<LiveSource> source_;
};

constexpr size_t kEverything = 1 << 20;

TEST_F(LiveSourceTest, PacketsComeWithTheirLengthTimeAndLinkType) {
  Open();
  const int64_t before_ns = time(nullptr) * kSecondNs;
  ASSERT_TRUE(network_->Send(port_, 3, 20));
  const Taken taken = Take(3);
  ASSERT_EQ(taken.packets.size(), 3u) << taken.status;
  for (const RawPacket& packet : taken.packets) {
    EXPECT_EQ(packet.wire_bytes, kHeaders + 20);
    EXPECT_EQ(packet.link_type, kLinkEthernet);
    EXPECT_GE(packet.time_ns, before_ns);
    EXPECT_LT(packet.time_ns, before_ns + 10 * kSecondNs);
  }
  EXPECT_THAT(taken.captured_bytes, Each(kHeaders + 20));
  EXPECT_EQ(source_->bytes_read(), 3 * (kHeaders + 20));
  EXPECT_EQ(source_->bytes_total(), 0u);
}

TEST_F(LiveSourceTest, TheSnapLengthCutsWhatIsCapturedAndNotTheWireLength) {
  options_.snap_length = 60;
  Open();
  ASSERT_TRUE(network_->Send(port_, 1, 1000));
  const Taken taken = Take(1);
  ASSERT_EQ(taken.packets.size(), 1u);
  EXPECT_EQ(taken.packets[0].wire_bytes, kHeaders + 1000);
  EXPECT_THAT(taken.captured_bytes, Each(60u));
}

TEST_F(LiveSourceTest, TheKernelKeepsNoMoreOfAPacketThanTheSnapLength) {
  options_.buffer_bytes = 1;  // one block, a fraction of what is sent
  Open();
  ASSERT_TRUE(network_->Send(port_, 300, 10'000));
  source_->Finish();
  EXPECT_EQ(Take(kEverything).packets.size(), 300u);
  EXPECT_EQ(source_->loss().kernel_dropped, 0u);
}

TEST_F(LiveSourceTest, ManyPacketsComeInTheOrderOfTheirTimes) {
  Open();
  ASSERT_TRUE(network_->Send(port_, 1000, 20));
  const Taken taken = Take(1000);
  ASSERT_EQ(taken.packets.size(), 1000u);
  for (size_t i = 1; i < 1000; ++i) {
    EXPECT_LE(taken.packets[i - 1].time_ns, taken.packets[i].time_ns) << i;
  }
  EXPECT_EQ(source_->loss().kernel_dropped, 0u);
}

TEST_F(LiveSourceTest, OnlyWhatTheFilterAcceptsComes) {
  const uint16_t other = network_->OpenPort();
  options_.filter = "udp dst port " + std::to_string(port_);
  Open();
  ASSERT_TRUE(network_->Send(other, 5, 20));
  ASSERT_TRUE(network_->Send(port_, 2, 30));
  source_->Finish();
  const Taken taken = Take(kEverything);
  ASSERT_EQ(taken.packets.size(), 2u);
  EXPECT_EQ(taken.packets[0].wire_bytes, kHeaders + 30);
}

TEST_F(LiveSourceTest, AFilterThatIsNoneIsNamed) {
  options_.filter = "udp prot 53";
  const absl::Status status = LiveSource::Open(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("udp prot 53"));
}

TEST_F(LiveSourceTest, AnUnknownInterfaceIsToldWhichThereAre) {
  // libpcap would open this one.
  for (const char* name : {"eth77", "usbmon0", "nflog", ""}) {
    options_.interface = name;
    const absl::Status status = LiveSource::Open(options_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(status.message(), HasSubstr(name));
    EXPECT_THAT(status.message(), HasSubstr("there are"));
    EXPECT_THAT(status.message(), HasSubstr("lo"));
  }
}

TEST_F(LiveSourceTest, AnInterfaceThatIsDownIsNotOpened) {
  ASSERT_TRUE(network_->SetUp("lo", false));
  const absl::Status status = LiveSource::Open(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(status.message(), HasSubstr("ip link set lo up"));
}

TEST_F(LiveSourceTest, ImpossibleSizesAreRefused) {
  options_.snap_length = 0;
  EXPECT_EQ(LiveSource::Open(options_).status().code(), absl::StatusCode::kInvalidArgument);
  options_.snap_length = 128;
  options_.buffer_bytes = size_t{1} << 40;
  EXPECT_EQ(LiveSource::Open(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LiveSourceTest, SilenceGivesAnEmptyBlockSoonAndAQuietTimeThatMovesOn) {
  int64_t now_ns = 1000 * kSecondNs;
  auto source = LiveSource::Open(options_, [&] { return now_ns; });
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->quiet_until_ns(), PacketSource::kNever);
  const int64_t settled_ns = std::chrono::nanoseconds(LiveSource::kSettled).count();
  for (int64_t second = 1000; second < 1003; ++second) {
    now_ns = second * kSecondNs;
    const auto before = Steady::now();
    auto block = (*source)->Read();
    ASSERT_TRUE(block.ok()) << block.status();
    EXPECT_TRUE(block->packets.empty());
    EXPECT_FALSE(block->end);
    EXPECT_LT(Steady::now() - before, std::chrono::milliseconds(1000)) << "0.1 s, but for load";
    EXPECT_EQ((*source)->quiet_until_ns(), second * kSecondNs - settled_ns);
  }
  now_ns = 900 * kSecondNs;  // somebody sets the clock
  ASSERT_TRUE((*source)->Read().ok());
  EXPECT_EQ((*source)->quiet_until_ns(), 1002 * kSecondNs - settled_ns) << "never goes back";
}

TEST_F(LiveSourceTest, NoPacketIsOlderThanTheQuietTimeBeforeIt) {
  Open();
  int late = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(network_->Send(port_, 1, 20));
    for (size_t count = 0; count == 0;) {
      const int64_t quiet_ns = source_->quiet_until_ns();
      auto block = source_->Read();
      ASSERT_TRUE(block.ok()) << block.status();
      count = block->packets.size();
      for (const RawPacket& packet : block->packets) late += packet.time_ns < quiet_ns ? 1 : 0;
    }
  }
  EXPECT_EQ(late, 0);
}

TEST_F(LiveSourceTest, FinishGivesWhatWasCapturedAndNothingThatComesLater) {
  Open();
  ASSERT_TRUE(network_->Send(port_, 500, 20));
  EXPECT_TRUE(source_->Finish());
  ASSERT_TRUE(network_->Send(port_, 500, 40));
  const Taken taken = Take(kEverything);
  EXPECT_TRUE(taken.ended) << taken.status;
  ASSERT_EQ(taken.packets.size(), 500u);
  for (const RawPacket& packet : taken.packets) EXPECT_EQ(packet.wire_bytes, kHeaders + 20);
  EXPECT_TRUE(source_->Finish()) << "again";
  EXPECT_TRUE(Take(1).ended) << "for good";
}

TEST_F(LiveSourceTest, WhatOverflowsTheKernelsBufferIsCounted) {
  options_.buffer_bytes = 1;  // one block
  Open();
  constexpr int kSent = 5000;
  ASSERT_TRUE(network_->Send(port_, kSent, 100));
  source_->Finish();
  const Taken taken = Take(kEverything);
  ASSERT_TRUE(taken.ended) << taken.status;
  EXPECT_GT(taken.packets.size(), 500u) << "a block's worth, cut to the snap length";
  EXPECT_LT(taken.packets.size(), kSent);
  // Loopback shows each packet twice to the kernel's buffer, and libpcap leaves one out.
  const uint64_t missing = kSent - taken.packets.size();
  EXPECT_GE(source_->loss().kernel_dropped, missing);
  EXPECT_LE(source_->loss().kernel_dropped, 2 * missing + 1);
  EXPECT_EQ(source_->loss().interface_dropped, 0u);
}

TEST_F(LiveSourceTest, AnInterfaceTakenDownGivesWhatCameBeforeAndIsNamed) {
  Open();
  ASSERT_TRUE(network_->Send(port_, 10, 20));
  ASSERT_TRUE(network_->SetUp("lo", false));
  const Taken taken = Take(kEverything);
  EXPECT_EQ(taken.packets.size(), 10u);
  EXPECT_EQ(taken.status.code(), absl::StatusCode::kUnavailable) << taken.status;
  EXPECT_THAT(taken.status.message(), HasSubstr("lo: the interface was taken down"));
}

TEST_F(LiveSourceTest, AnInterfaceThatIsRemovedIsNamed) {
  const int tunnel = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tunnel < 0) GTEST_SKIP() << "no /dev/net/tun";
  ifreq request{};
  options_.interface = "tunnel";
  options_.interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  ASSERT_EQ(ioctl(tunnel, TUNSETIFF, &request), 0);
  ASSERT_TRUE(network_->SetUp("tunnel", true));
  Open();
  ASSERT_TRUE(source_->Read().ok());
  close(tunnel);
  const Taken taken = Take(kEverything);
  EXPECT_EQ(taken.status.code(), absl::StatusCode::kUnavailable) << taken.status;
  EXPECT_THAT(taken.status.message(), HasSubstr("tunnel: the interface was removed"));
}

TEST_F(LiveSourceTest, AllInterfacesAtOnceAreCooked) {
  options_.interface = "any";
  Open();
  ASSERT_TRUE(network_->Send(port_, 1, 20));
  const Taken taken = Take(1);
  ASSERT_EQ(taken.packets.size(), 1u) << taken.status;
  EXPECT_EQ(taken.packets[0].link_type, kLinkLinuxCooked);
  EXPECT_THAT(source_->warning(), HasSubstr("any")) << "no promiscuous mode on it";
}

}  // namespace
}  // namespace silhouette
