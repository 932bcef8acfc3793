#include "capture-svc/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "capture-svc/engine_fixture.h"
#include "common/accounting.h"
#include "common/capture_file/fake_packet_source.h"
#include "common/grid.h"
#include "common/packet_bits.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using test_frames::ArpFrame;
using test_frames::Bytes;
using test_frames::Ethernet;
using test_frames::UdpFrame;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(CaptureEngineTest, AnEmptySourceGivesOneEmptyBatchThatEndsTheRun) {
  ASSERT_TRUE(Read().ok());
  ASSERT_THAT(batches_, SizeIs(1));
  const v1::BatchHeader& header = batches_[0].header();
  EXPECT_TRUE(header.end_of_run());
  EXPECT_EQ(header.sequence(), 1u);
  EXPECT_EQ(header.watermark_ns(), 0);
  EXPECT_EQ(header.first_packet_ns(), 0);
  EXPECT_EQ(batches_[0].time_ns_size(), 0);
  EXPECT_EQ(LastAccounting().received(), 0u);
}

TEST_F(CaptureEngineTest, EveryBatchNamesItsRunAndBalances) {
  options_.batch_packets = 3;
  for (int i = 0; i < 20; ++i) {
    const int64_t time_ns = kStart + i * kSecond;
    source_.Add(time_ns, UdpFrame());
    source_.Add(time_ns, ArpFrame());
    source_.Add(time_ns, Ethernet(0x0800, {0x41, 0}));  // a header of 4 bytes
    source_.Add(time_ns, Bytes(11, 2));                 // ends before any address
    source_.Add(time_ns - 5 * kSecond, UdpFrame());     // late but for the first
  }
  ASSERT_TRUE(Read().ok());
  EXPECT_GT(batches_.size(), 5u);
  uint64_t sequence = 0;
  uint64_t sent = 0;
  for (const v1::PacketBatch& batch : batches_) {
    EXPECT_EQ(batch.header().origin(), "file:test");
    EXPECT_EQ(batch.header().run(), "1");
    EXPECT_EQ(batch.header().sequence(), ++sequence);
    EXPECT_EQ(batch.header().end_of_run(), sequence == batches_.size());
    EXPECT_EQ(batch.header().first_packet_ns(), kStart);
    sent += static_cast<uint64_t>(batch.time_ns_size());
    const v1::Accounting& accounting = batch.header().accounting();
    EXPECT_TRUE(Balanced(accounting)) << accounting.ShortDebugString();
    EXPECT_EQ(accounting.pending(), sent) << "pending here is what went on";
  }
  EXPECT_EQ(LastAccounting().received(), 100u);
  EXPECT_EQ(LastAccounting().pending(), 40u) << "ARP goes on, with its hardware addresses";
  EXPECT_EQ(LastAccounting().malformed(), 20u);
  EXPECT_EQ(LastAccounting().late(), 20u);
  ASSERT_EQ(LastAccounting().filtered_size(), 1);
  EXPECT_EQ(LastAccounting().filtered(0).reason(), "cut_short");
  EXPECT_EQ(LastAccounting().filtered(0).packets(), 20u);
}

TEST_F(CaptureEngineTest, APacketAtTheLatenessBoundComesInAndOneBeyondIsLate) {
  options_.lateness_ns = kSecond;
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart - kSecond, UdpFrame());
  source_.Add(kStart - kSecond - 1, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_THAT(batches_[0].time_ns(), ElementsAre(kStart, kStart - kSecond));
  EXPECT_EQ(LastAccounting().late(), 1u);
}

TEST_F(CaptureEngineTest, WithoutLatenessAPacketMayBeAsOldAsTheNewest) {
  options_.lateness_ns = 0;
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart - 1, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_THAT(batches_[0].time_ns(), ElementsAre(kStart, kStart));
  EXPECT_EQ(LastAccounting().late(), 1u);
}

TEST_F(CaptureEngineTest, TheWatermarkFollowsTheNewestPacketAndNoneComesBeforeIt) {
  options_.batch_packets = 1;
  options_.lateness_ns = kSecond;
  for (int64_t offset : {0, 5, 3, 4, 9, 8}) source_.Add(kStart + offset * kSecond / 2, UdpFrame());
  ASSERT_TRUE(Read().ok());
  int64_t watermark = batches_[0].header().watermark_ns();
  EXPECT_EQ(watermark, kStart - kSecond);
  for (size_t i = 1; i < batches_.size(); ++i) {
    for (int64_t time_ns : batches_[i].time_ns()) EXPECT_GE(time_ns, watermark);
    EXPECT_GE(batches_[i].header().watermark_ns(), watermark);
    watermark = batches_[i].header().watermark_ns();
  }
  EXPECT_EQ(batches_[4].header().watermark_ns(), kStart + 9 * kSecond / 2 - kSecond);
}

TEST_F(CaptureEngineTest, TheLastWatermarkIsTheNewestPacketItself) {
  source_.Add(kStart + kSecond, UdpFrame());
  source_.Add(kStart + kSecond / 2, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(batches_.back().header().watermark_ns(), kStart + kSecond);
}

TEST_F(CaptureEngineTest, APacketThatIsFilteredMovesTheWatermarkToo) {
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart + 10 * kSecond, ArpFrame());
  source_.Add(kStart + kSecond, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(batches_.back().header().watermark_ns(), kStart + 10 * kSecond);
  EXPECT_EQ(LastAccounting().late(), 1u);
}

TEST_F(CaptureEngineTest, TheGridStartsAtTheEpochUnlessAlignedToTheFirstPacket) {
  source_.Add(kStart + 123, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(batches_[0].header().grid_start_ns(), 0);
}

TEST_F(CaptureEngineTest, AlignFirstStartsTheGridAtTheFirstPacketInEveryBatch) {
  options_.align_first = true;
  options_.batch_packets = 1;
  source_.Add(kStart + 123, ArpFrame());  // the first packet counts whatever it is
  source_.Add(kStart + 500, UdpFrame());
  source_.Add(kStart + 400, UdpFrame());
  ASSERT_TRUE(Read().ok());
  for (const v1::PacketBatch& batch : batches_) {
    EXPECT_EQ(batch.header().grid_start_ns(), kStart + 123);
    EXPECT_EQ(batch.header().first_packet_ns(), kStart + 123);
  }
}

TEST_F(CaptureEngineTest, BatchesHoldAtMostTheirNumberOfPackets) {
  options_.batch_packets = 4;
  for (int i = 0; i < 10; ++i) source_.Add(kStart + i, UdpFrame());
  ASSERT_TRUE(Read().ok());
  std::vector<int> sizes;
  for (const v1::PacketBatch& batch : batches_) sizes.push_back(batch.time_ns_size());
  EXPECT_THAT(sizes, ElementsAre(4, 4, 2));
}

TEST_F(CaptureEngineTest, EachBatchHasAFlowTableOfItsOwn) {
  options_.batch_packets = 1;
  source_.Add(kStart, UdpFrame({}, 50000));
  source_.Add(kStart, UdpFrame({}, 50001));
  ASSERT_TRUE(Read().ok());
  for (int i : {0, 1}) {
    const v1::PacketBatch& batch = batches_[static_cast<size_t>(i)];
    EXPECT_THAT(batch.flow(), ElementsAre(0));
    EXPECT_THAT(batch.flows().ports(), ElementsAre(static_cast<uint32_t>(50000 + i) << 16 | 443));
  }
}

TEST_F(CaptureEngineTest, ASizeIsTheLengthOnTheWireNotTheCapturedOne) {
  source_.Add(kStart, UdpFrame(), 1400);
  ASSERT_TRUE(Read().ok());
  EXPECT_THAT(batches_[0].wire_bytes(), ElementsAre(1400));
}

TEST_F(CaptureEngineTest, ADamagedSourceGivesWhatCameBeforeAndEndsTheRun) {
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart + 1, UdpFrame());
  source_.EndWith(absl::DataLossError("cut at byte 99"));
  EXPECT_EQ(Read(), absl::OkStatus());
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_EQ(batches_[0].header().incomplete(), "cut at byte 99");
  EXPECT_EQ(batches_[0].time_ns_size(), 2);
  EXPECT_TRUE(batches_[0].header().end_of_run());
  EXPECT_TRUE(Balanced(LastAccounting()));
}

TEST_F(CaptureEngineTest, ATimeOutsideOfPlausibleOnesIsMalformedAndMovesNothing) {
  source_.Add(std::numeric_limits<int64_t>::max(), UdpFrame());
  source_.Add(kStart, UdpFrame());
  source_.Add(std::numeric_limits<int64_t>::min(), UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(LastAccounting().malformed(), 2u);
  EXPECT_EQ(LastAccounting().late(), 0u);
  EXPECT_EQ(batches_.back().header().first_packet_ns(), kStart);
  EXPECT_EQ(batches_.back().header().watermark_ns(), kStart);
}

TEST_F(CaptureEngineTest, TheWatermarkIsPlausibleEvenForTheEarliestPlausiblePacket) {
  options_.batch_packets = 1;
  const int64_t earliest = -((int64_t{1} << 62) - 1);
  ASSERT_TRUE(IsPlausibleTime(earliest));
  source_.Add(earliest, UdpFrame());
  ASSERT_TRUE(Read().ok());
  for (const v1::PacketBatch& batch : batches_) {
    EXPECT_TRUE(IsPlausibleTime(batch.header().watermark_ns())) << batch.header().watermark_ns();
  }
}

TEST_F(CaptureEngineTest, AnUnknownLinkTypeIsAccountedForAndNamesWhatIsSupported) {
  constexpr uint32_t kUsb = 189;
  FakePacketSource usb(kUsb);
  usb.Add(kStart, UdpFrame());
  v1::Accounting accounting;
  CaptureEngine engine(options_, [&](const v1::PacketBatch& batch) {
    accounting = batch.header().accounting();
    return absl::OkStatus();
  });
  const absl::Status status = engine.Read(&usb);
  EXPECT_EQ(accounting.received(), 1u);
  ASSERT_EQ(accounting.filtered_size(), 1);
  EXPECT_EQ(accounting.filtered(0).reason(), "unsupported");
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("USB_LINUX"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Ethernet"));
}

TEST_F(CaptureEngineTest, TheSameEndsInTwoVlansAreOneFlowUnlessAskedFor) {
  const auto in_vlan = [](uint8_t id) {
    return Ethernet(0x0800, test_frames::Ipv4({}, test_frames::Udp(50000, 443)),
                    {0x81, 0x00, 0x00, id});
  };
  for (bool asked : {false, true}) {
    options_.vlan_in_key = asked;
    source_ = FakePacketSource();
    batches_.clear();
    source_.Add(kStart, in_vlan(5));
    source_.Add(kStart, in_vlan(6));
    ASSERT_TRUE(Read().ok());
    EXPECT_THAT(batches_[0].flow(), ElementsAre(0, asked ? 1 : 0));
  }
}

TEST_F(CaptureEngineTest, ALaterFragmentJoinsTheFlowOfItsFirst) {
  test_frames::Ipv4Fields first, later;
  first.fragment = 0x2000;
  later.fragment = 0x0010;
  source_.Add(kStart, UdpFrame(later));
  source_.Add(kStart, UdpFrame(first));
  source_.Add(kStart, UdpFrame(later));
  ASSERT_TRUE(Read().ok());
  EXPECT_THAT(batches_[0].flow(), ElementsAre(0, 1, 1));
  EXPECT_EQ(batches_[0].flows().scope(),
            std::string({kHomeEndIsHome | kPortsUnknown, kHomeEndIsHome}));
  EXPECT_THAT(batches_[0].flows().ports(), ElementsAre(0, 50000u << 16 | 443));
}

TEST_F(CaptureEngineTest, AnErrorOfTheReceiverEndsTheRunWithIt) {
  options_.batch_packets = 1;
  emit_status_ = absl::UnavailableError("gone");
  source_.Add(kStart, UdpFrame());
  source_.Add(kStart, UdpFrame());
  EXPECT_EQ(Read(), emit_status_);
  EXPECT_THAT(batches_, SizeIs(1));
}

TEST_F(CaptureEngineTest, StopEndsTheRunInOrder) {
  options_.batch_packets = 1;
  constexpr size_t kBlock = PacketBlock::kMaxPackets;
  for (size_t i = 0; i < 3 * kBlock; ++i) source_.Add(kStart, UdpFrame());
  CaptureEngine* engine = nullptr;
  CaptureEngine stopping(options_, [&](const v1::PacketBatch& batch) {
    batches_.push_back(batch);
    engine->Stop();
    return absl::OkStatus();
  });
  engine = &stopping;
  ASSERT_TRUE(stopping.Read(&source_).ok());
  EXPECT_TRUE(batches_.back().header().end_of_run());
  EXPECT_EQ(batches_.back().header().incomplete(), "stopped behind packet 32");
  EXPECT_EQ(LastAccounting().received(), kBlock) << "what was read already is used";
}

TEST_F(CaptureEngineTest, AnAckTurnsPendingIntoWhatWasDecidedDownstream) {
  for (int i = 0; i < 10; ++i) source_.Add(kStart + i, UdpFrame());
  source_.Add(kStart, ArpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(engine_->Progress().accounting.pending(), 11u);
  v1::Ack ack;
  ack.mutable_accounting()->set_windowed(6);
  AddFiltered(ack.mutable_accounting(), "not_asked", 3);
  AddFiltered(ack.mutable_accounting(), "not_ip", 1);
  engine_->OnAck(ack);
  v1::Accounting accounting = engine_->Progress().accounting;
  EXPECT_TRUE(Balanced(accounting));
  EXPECT_EQ(accounting.windowed(), 6u);
  EXPECT_EQ(FilteredPackets(accounting), 4u);
  EXPECT_EQ(accounting.pending(), 1u);
  // Acks are cumulative: the newer one replaces the older.
  ack.mutable_accounting()->set_windowed(7);
  engine_->OnAck(ack);
  accounting = engine_->Progress().accounting;
  EXPECT_TRUE(Balanced(accounting));
  EXPECT_EQ(accounting.windowed(), 7u);
  EXPECT_EQ(accounting.pending(), 0u);
}

// Loses a packet with each block, and looks at the engine's progress before the next.
class WatchedSource : public FakePacketSource {
 public:
  absl::StatusOr<PacketBlock> Read() override {
    if (before_read) before_read();
    ++loss_.kernel_dropped;
    return FakePacketSource::Read();
  }
  SourceLoss loss() const override { return loss_; }
  std::function<void()> before_read;

 private:
  SourceLoss loss_;
};

TEST_F(CaptureEngineTest, ProgressGoesOnWhileEveryPacketIsFiltered) {
  constexpr size_t kPackets = 4 * BatchBuilder::kMaxPackets;
  WatchedSource source;
  for (size_t i = 0; i < kPackets; ++i) source.Add(kStart, Bytes(11, 2));
  std::vector<v1::PacketBatch> batches;
  CaptureEngine engine(options_, [&](const v1::PacketBatch& batch) {
    batches.push_back(batch);
    return absl::OkStatus();
  });
  CaptureProgress furthest;
  source.before_read = [&] {
    if (batches.empty()) furthest = engine.Progress();
  };
  ASSERT_TRUE(engine.Read(&source).ok());
  EXPECT_EQ(furthest.accounting.received(), kPackets) << "before the last batch, the only one";
  EXPECT_TRUE(Balanced(furthest.accounting));
  EXPECT_EQ(FilteredPackets(furthest.accounting), kPackets);
  EXPECT_EQ(furthest.bytes_read, source.bytes_total());
  EXPECT_GT(furthest.accounting.loss().kernel_dropped_packets(), 0u);
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].lost_before().kernel_dropped_packets(), source.loss().kernel_dropped)
      << "what was seen in the progress was told in no batch yet";
}

TEST_F(CaptureEngineTest, ProgressReachesTheSourcesSize) {
  for (int i = 0; i < 10; ++i) source_.Add(kStart + i, UdpFrame());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(engine_->Progress().bytes_read, source_.bytes_total());
  EXPECT_EQ(engine_->Progress().bytes_total, source_.bytes_total());
}

}  // namespace
}  // namespace silhouette
