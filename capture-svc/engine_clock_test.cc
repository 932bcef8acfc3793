// What the engine does where the clock that stamps the packets jumps.

#include <gtest/gtest.h>

#include "capture-svc/engine.h"
#include "capture-svc/engine_fixture.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using test_frames::UdpFrame;

TEST_F(CaptureEngineTest, AClockThatJumpsBackBeginsANewRunWithAGridAndAccountsOfItsOwn) {
  options_.align_first = true;
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart + kSecond, UdpFrame());
  source_.Add(kStart - 61 * kSecond, UdpFrame());
  source_.Add(kStart - 60 * kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  ASSERT_EQ(batches_.size(), 2u);
  const v1::BatchHeader& first = batches_[0].header();
  EXPECT_TRUE(first.end_of_run());
  EXPECT_EQ(first.incomplete(), "");
  EXPECT_EQ(first.clock_jump_ns(), 0);
  EXPECT_EQ(first.watermark_ns(), kStart + kSecond);
  EXPECT_EQ(batches_[0].time_ns_size(), 2);
  const v1::BatchHeader& second = batches_[1].header();
  EXPECT_EQ(second.run(), "1.2");
  EXPECT_EQ(second.sequence(), 1u);
  EXPECT_EQ(second.clock_jump_ns(), -62 * kSecond);
  EXPECT_EQ(second.grid_start_ns(), kStart - 61 * kSecond);
  EXPECT_EQ(second.first_packet_ns(), kStart - 61 * kSecond);
  EXPECT_EQ(second.accounting().received(), 2u);
  EXPECT_EQ(second.accounting().pending(), 2u);
  EXPECT_EQ(engine_->Progress().accounting.received(), 4u);
  EXPECT_EQ(engine_->Progress().runs, 2);
}

TEST_F(CaptureEngineTest, AStrayTimeADayAheadDoesNotMakeTheRestLate) {
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart + 86'401 * kSecond, UdpFrame());
  source_.Add(kStart + kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  ASSERT_EQ(batches_.size(), 3u);
  EXPECT_EQ(batches_[1].header().clock_jump_ns(), 86'401 * kSecond);
  EXPECT_EQ(batches_[2].header().run(), "1.3");
  EXPECT_EQ(engine_->Progress().accounting.late(), 0u);
  EXPECT_EQ(engine_->Progress().accounting.pending(), 3u);
}

TEST_F(CaptureEngineTest, AMinuteBackOrADayAheadIsNoJump) {
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart + 86'400 * kSecond, UdpFrame());
  source_.Add(kStart + 86'340 * kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(batches_.size(), 1u);
  EXPECT_EQ(LastAccounting().late(), 1u);
}

TEST_F(CaptureEngineTest, WhatIsWithinTheLatenessIsNoJump) {
  options_.lateness_ns = 120 * kSecond;
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart - 120 * kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(batches_.size(), 1u);
  EXPECT_EQ(LastAccounting().pending(), 2u);
}

TEST_F(CaptureEngineTest, ACaptureOfTwoClocksEndsInLatePacketsAndNotInARunForEach) {
  for (int i = 0; i < 200; ++i) {
    source_.Add(kStart + i, UdpFrame());
    source_.Add(kStart - 3600 * kSecond + i, UdpFrame());
  }
  ASSERT_TRUE(Read().ok());
  const CaptureProgress progress = engine_->Progress();
  EXPECT_EQ(progress.runs, CaptureEngine::kMostRuns);
  EXPECT_EQ(progress.accounting.received(), 400u);
  EXPECT_GT(progress.accounting.late(), 100u);
  EXPECT_EQ(progress.accounting.late() + progress.accounting.pending(), 400u);
}

TEST_F(CaptureEngineTest, WhatAcksSayIsAddedUpOverRuns) {
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart - 3600 * kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  for (const char* run : {"1", "1.2", "1.2"}) {
    v1::Ack ack;
    ack.set_run(run);
    ack.mutable_accounting()->set_windowed(1);
    engine_->OnAck(ack);
  }
  EXPECT_EQ(engine_->Progress().accounting.windowed(), 2u);
  EXPECT_EQ(engine_->Progress().accounting.pending(), 0u);
}

}  // namespace
}  // namespace silhouette
