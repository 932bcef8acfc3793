#include "capture-svc/source/paced_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/capture_file/fake_packet_source.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kStart = 1'700'000'000'000 * kMs;

TEST(ParseSpeed, TakesFactorsAndMax) {
  EXPECT_EQ(*ParseSpeed("1x"), 1);
  EXPECT_EQ(*ParseSpeed("10x"), 10);
  EXPECT_EQ(*ParseSpeed("0.5x"), 0.5);
  EXPECT_EQ(*ParseSpeed("2"), 2);
  EXPECT_TRUE(std::isinf(*ParseSpeed("max")));
}

TEST(ParseSpeed, SaysWhatIsRight) {
  for (const char* text : {"", "x", "0x", "0.0x", "-1x", "fast", "infx", "nanx", "1 x", "1xx",
                           "1.2.3x", "0x10", "1e3x"}) {
    const auto speed = ParseSpeed(text);
    EXPECT_EQ(speed.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(speed.status().message()), HasSubstr("right are 1x")) << text;
  }
}

class RecordedSource : public FakePacketSource {
 public:
  int64_t quiet_until_ns() const override { return kStart + 9'000 * kMs; }
};

class PacedSourceTest : public ::testing::Test {
 protected:
  void Open(double speed) {
    paced_ = std::make_unique<PacedSource>(std::move(recorded_), speed,
                                           PacedSource::Clock{[this] { return now_ns_; },
                                                              [this](int64_t ns) {
                                                                EXPECT_GT(ns, 0);
                                                                EXPECT_LE(ns, 100 * kMs);
                                                                now_ns_ += ns;
                                                              }});
  }
  void Add(int64_t ms) { recorded_->Add(kStart + ms * kMs, {1, 2, 3}); }

  // Each packet's time with the clock's when it came, both in ms since the start.
  std::vector<std::pair<int64_t, int64_t>> ReadAll() {
    std::vector<std::pair<int64_t, int64_t>> packets;
    const int64_t began_ns = now_ns_;
    while (true) {
      const absl::StatusOr<PacketBlock> block = paced_->Read();
      EXPECT_TRUE(block.ok()) << block.status();
      for (const RawPacket& packet : block->packets) {
        packets.emplace_back((packet.time_ns - kStart) / kMs, (now_ns_ - began_ns) / kMs);
      }
      if (block->end) return packets;
    }
  }

  int64_t now_ns_ = 77'000 * kMs;
  std::unique_ptr<RecordedSource> recorded_ = std::make_unique<RecordedSource>();
  std::unique_ptr<PacedSource> paced_;
};

TEST_F(PacedSourceTest, PacketsComeAtThePaceOfTheirTimes) {
  for (int64_t ms : {0, 0, 30, 500, 501}) Add(ms);
  Open(1);
  EXPECT_FALSE(paced_->Finish());
  EXPECT_THAT(ReadAll(),
              ElementsAre(Pair(0, 0), Pair(0, 0), Pair(30, 30), Pair(500, 500), Pair(501, 501)));
  EXPECT_EQ(paced_->bytes_read(), 15u);
}

TEST_F(PacedSourceTest, ASpeedStretchesOrSqueezesTime) {
  for (int64_t ms : {0, 300, 3000}) Add(ms);
  Open(10);
  EXPECT_THAT(ReadAll(), ElementsAre(Pair(0, 0), Pair(300, 30), Pair(3000, 300)));
  recorded_ = std::make_unique<RecordedSource>();
  for (int64_t ms : {0, 300}) Add(ms);
  Open(0.5);
  EXPECT_THAT(ReadAll(), ElementsAre(Pair(0, 0), Pair(300, 600)));
}

TEST_F(PacedSourceTest, NoPacketComesBeforeItsTimeAtOddSpeeds) {
  for (int64_t i = 0; i < 1000; ++i) recorded_->Add(kStart + i * 1'000'003, {1});
  Open(3.7);
  const int64_t began_ns = now_ns_;
  size_t packets = 0;
  while (true) {
    const PacketBlock block = *paced_->Read();
    for (const RawPacket& packet : block.packets) {
      EXPECT_NEAR(static_cast<double>(packet.time_ns - kStart),
                  static_cast<double>(now_ns_ - began_ns) * 3.7, 8);
      ++packets;
    }
    if (block.end) break;
  }
  EXPECT_EQ(packets, 1000u);
}

TEST_F(PacedSourceTest, ASilenceGivesEmptyBlocksAndTellsHowFarItReaches) {
  for (int64_t ms : {0, 250}) Add(ms);
  Open(2);
  EXPECT_EQ(paced_->quiet_until_ns(), PacketSource::kNever);
  EXPECT_EQ(paced_->Read()->packets.size(), 1u);
  EXPECT_THAT(paced_->Read()->packets, IsEmpty());
  EXPECT_EQ(paced_->quiet_until_ns(), kStart + 200 * kMs);
  now_ns_ += 20 * kMs;
  EXPECT_EQ(paced_->Read()->packets.size(), 1u);
  EXPECT_LE(paced_->quiet_until_ns(), kStart + 250 * kMs);
  EXPECT_TRUE(paced_->Read()->end);
  // Now the recording itself tells until when it listened.
  EXPECT_EQ(paced_->quiet_until_ns(), kStart + 9'000 * kMs);
  EXPECT_TRUE(paced_->Read()->end);
}

TEST_F(PacedSourceTest, WhatIsOlderThanThePacketBeforeDoesNotWait) {
  for (int64_t ms : {100, 50, 120, -100, 110}) Add(ms);
  Open(1);
  EXPECT_THAT(ReadAll(),
              ElementsAre(Pair(100, 0), Pair(50, 0), Pair(120, 20), Pair(-100, 20), Pair(110, 20)));
}

TEST_F(PacedSourceTest, ExtremeTimesAndSpeedsDoNotOverflow) {
  constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();
  recorded_->Add(-kLatest, {1});
  recorded_->Add(kLatest, {1});
  Open(1);
  EXPECT_EQ(paced_->Read()->packets.size(), 1u);
  EXPECT_THAT(paced_->Read()->packets, IsEmpty());
  recorded_ = std::make_unique<RecordedSource>();
  recorded_->Add(kStart, {1});
  recorded_->Add(kLatest, {1});
  Open(1e300);
  EXPECT_EQ(paced_->Read()->packets.size(), 1u);
  EXPECT_EQ(paced_->Read()->packets.size(), 1u);
}

TEST_F(PacedSourceTest, ErrorsPass) {
  Add(0);
  recorded_->EndWith(absl::DataLossError("cut"));
  Open(1);
  EXPECT_TRUE(paced_->Read().ok());
  EXPECT_EQ(paced_->Read().status(), absl::DataLossError("cut"));
}

}  // namespace
}  // namespace silhouette
