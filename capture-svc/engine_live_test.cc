// The engine on sources that take their time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture-svc/engine_fixture.h"
#include "common/accounting.h"
#include "common/capture_file/fake_live_source.h"
#include "common/parse/test_frames.h"
#include "common/shed_hash.h"

namespace silhouette {
namespace {

using test_frames::UdpFrame;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class LiveEngineTest : public CaptureEngineTest {
 protected:
  void ReadLive() {
    options_.flush_after_ns = kSecond / 10;
    CaptureEngine engine(options_, [this](const v1::PacketBatch& batch) {
      batches_.push_back(batch);
      return absl::OkStatus();
    });
    live_.on_silence_end = [&] { engine.Stop(); };
    ASSERT_TRUE(engine.Read(&live_).ok());
    EXPECT_EQ(engine.incomplete(), "") << "a live source has no other end";
  }
  FakeLiveSource live_;
};

TEST_F(LiveEngineTest, OnASilentLinkTheWatermarkFollowsTheClock) {
  live_.Add(kStart, UdpFrame());
  for (int64_t second : {1, 2, 3}) live_.BeSilentUntil(kStart + second * kSecond);
  ReadLive();
  std::vector<int64_t> watermarks;
  for (const v1::PacketBatch& batch : batches_) {
    watermarks.push_back(batch.header().watermark_ns() - kStart);
  }
  EXPECT_THAT(watermarks, ElementsAre(0, kSecond, 2 * kSecond, 3 * kSecond))
      << "a second behind it, for what may come late; at the end, all has come";
  EXPECT_TRUE(batches_.back().header().end_of_run());
}

TEST_F(LiveEngineTest, ASilenceLongerThanAnyHorizonIsNotFollowedFurther) {
  live_.Add(kStart, UdpFrame());
  live_.BeSilentUntil(kStart + 3600 * kSecond);
  ReadLive();
  EXPECT_EQ(batches_.back().header().watermark_ns(), kStart + 60 * kSecond);
}

TEST_F(LiveEngineTest, ASilenceBeforeTheFirstPacketSaysNothing) {
  live_.BeSilentUntil(kStart);
  ReadLive();
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_EQ(batches_[0].header().watermark_ns(), 0);
}

TEST_F(LiveEngineTest, ABatchGoesOnBeforeItIsFull) {
  live_.Add(kStart, UdpFrame());
  live_.BeSilentUntil(kStart + kSecond / 5);
  ReadLive();
  ASSERT_THAT(batches_, SizeIs(2));
  EXPECT_EQ(batches_[0].time_ns_size(), 1);
  EXPECT_FALSE(batches_[0].header().end_of_run());
}

TEST_F(CaptureEngineTest, WhatWasTakenGoesOnWhenTheSourceIsSilentThoughItSaysNoTime) {
  FakeLiveSource live;
  live.Add(kStart, UdpFrame());
  CaptureEngine engine(options_, [this](const v1::PacketBatch& batch) {
    batches_.push_back(batch);
    return absl::OkStatus();
  });
  live.on_silence_end = [&, turns = 0]() mutable {
    if (++turns == 2) engine.Stop();
  };
  ASSERT_TRUE(engine.Read(&live).ok());
  ASSERT_THAT(batches_, SizeIs(2));
  EXPECT_EQ(batches_[0].time_ns_size(), 1);
  EXPECT_EQ(batches_[0].header().watermark_ns(), kStart - kSecond);
}

TEST_F(LiveEngineTest, UnderOverloadItShedsCountsWhatItShedAndRecovers) {
  constexpr int kPackets = 3000;
  for (int i = 0; i < kPackets; ++i) live_.Add(kStart + i * (kSecond / 100), UdpFrame());
  options_.batch_packets = 10;
  options_.fill = [this] { return batches_.size() > 20 && batches_.size() < 60 ? 0.9 : 0.0; };
  ReadLive();
  uint64_t sent = 0;
  for (const v1::PacketBatch& batch : batches_) {
    sent += static_cast<uint64_t>(batch.time_ns_size());
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    EXPECT_LE(batch.time_ns_size() + (batch.has_shed() ? 1 : 0), 10);
  }
  EXPECT_EQ(LastAccounting().received(), uint64_t{kPackets});
  EXPECT_GE(LastAccounting().shed(), 300u);
  EXPECT_EQ(LastAccounting().shed() + sent, uint64_t{kPackets});
  EXPECT_EQ(LastAccounting().pending(), sent);
  EXPECT_EQ(batches_[40].shed().share(), kShedShares) << "all that comes";
  EXPECT_EQ(batches_.back().time_ns_size() + batches_[batches_.size() - 2].time_ns_size() > 0,
            true);
  EXPECT_FALSE(batches_[batches_.size() - 2].has_shed());
}

TEST_F(LiveEngineTest, WhileTheBufferTakesNothingItDropsWithoutWaitingAndTellsLater) {
  constexpr int kPackets = 3000;
  for (int i = 0; i < kPackets; ++i) live_.Add(kStart + i * (kSecond / 100), UdpFrame());
  options_.batch_packets = 10;
  int asked = 0;
  size_t when_full = 0;
  options_.fill = [&] {
    const bool full = ++asked > 20 && asked < 200;
    if (!full) return 0.0;
    if (when_full == 0) when_full = batches_.size();
    EXPECT_EQ(batches_.size(), when_full) << "it would wait for room";
    return 1.0;
  };
  ReadLive();
  const v1::PacketBatch& told = batches_[when_full];
  EXPECT_EQ(told.shed().share(), kShedShares);
  EXPECT_EQ(told.time_ns_size(), 0);
  const uint64_t shed_meanwhile = told.header().accounting().shed();
  EXPECT_GE(shed_meanwhile, 800u) << "one batch tells of all";
  EXPECT_EQ(told.shed().until_ns() - told.shed().from_ns(),
            static_cast<int64_t>(shed_meanwhile - 1) * (kSecond / 100));
  uint64_t sent = 0;
  for (const v1::PacketBatch& batch : batches_) {
    sent += static_cast<uint64_t>(batch.time_ns_size());
    EXPECT_TRUE(Balanced(batch.header().accounting()));
  }
  EXPECT_EQ(LastAccounting().shed() + sent, uint64_t{kPackets});
}

TEST_F(LiveEngineTest, WithoutAWordOnTheBufferItShedsNothing) {
  for (int i = 0; i < 100; ++i) live_.Add(kStart + i * (kSecond / 100), UdpFrame());
  ReadLive();
  EXPECT_EQ(LastAccounting().shed(), 0u);
}

}  // namespace
}  // namespace silhouette
