#include "feature-svc/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <tuple>

#include "feature-svc/test_packets.h"
#include "feature-svc/window_writer.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeatureEngineTest : public ::testing::Test {
 protected:
  absl::Status Consume(const v1::PacketBatch& batch) {
    return engine_->Consume(batch, [this](const v1::WindowBatch& windows) {
      batches_.push_back(windows);
      return absl::OkStatus();
    });
  }
  absl::Status Push(std::vector<Packet> packets, bool end_of_run = false) {
    return Consume(maker_.Make(packets, end_of_run));
  }
  void ExpectRefused(const v1::PacketBatch& batch, const std::string& words) {
    const absl::Status status = Consume(batch);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
    EXPECT_THAT(batches_, IsEmpty());
  }
  // What a header says of its watermark: no window start before it will follow.
  void ExpectNoStartBeforeAWatermark() {
    int64_t watermark = std::numeric_limits<int64_t>::min();
    for (const v1::WindowBatch& batch : batches_) {
      const auto& starts = batch.tables(0).start_ns();
      const int64_t first = *std::min_element(starts.begin(), starts.end());
      EXPECT_GE(first, watermark) << "batch " << batch.header().sequence();
      watermark = batch.header().watermark_ns();
    }
  }
  uint64_t SettledBy(uint64_t window_sequence) {
    v1::Ack ack;
    ack.set_origin("test");
    ack.set_run("1");
    ack.set_sequence(window_sequence);
    return engine_->AckFor(ack).sequence();
  }

  std::unique_ptr<FeatureEngine> engine_ = MakeEngine();
  BatchMaker maker_;
  std::vector<v1::WindowBatch> batches_;
};

TEST_F(FeatureEngineTest, AWindowClosesOnceTheWatermarkReachesItsEnd) {
  ASSERT_TRUE(Push({{0}, {499 * kMilli}}).ok());
  EXPECT_THAT(batches_, IsEmpty());
  ASSERT_TRUE(Push({{500 * kMilli}}).ok());
  ASSERT_THAT(batches_, SizeIs(1));
  const std::vector<Row> rows = RowsOf(batches_);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].start_ns, 0);
  EXPECT_EQ(rows[0].subject, "conversation:192.168.1.20-203.0.113.7/udp");
  EXPECT_EQ(rows[0].values[8], 2);
}

TEST_F(FeatureEngineTest, WindowsCarryTheTraceOfTheBatchThatClosedThemAndAreNoOthersForIt) {
  const auto engine = MakeEngine();
  BatchMaker maker;
  std::vector<v1::WindowBatch> traced;
  for (int64_t i = 0; i < 3; ++i) {
    const std::vector<test_packets::Packet> packets = {{i * 600 * kMilli}};
    v1::PacketBatch batch = maker.Make(packets, /*end_of_run=*/i == 2);
    ASSERT_TRUE(Consume(batch).ok());
    batch.mutable_header()->mutable_trace()->set_trace_id_low(7);
    batch.mutable_header()->mutable_trace()->set_span_id(static_cast<uint64_t>(i + 1));
    ASSERT_TRUE(engine
                    ->Consume(batch,
                              [&](const v1::WindowBatch& windows) {
                                EXPECT_EQ(windows.header().trace().trace_id_low(), 7u);
                                EXPECT_EQ(windows.header().trace().span_id(), i + 1u);
                                traced.push_back(windows);
                                return absl::OkStatus();
                              })
                    .ok());
  }
  ASSERT_THAT(traced, SizeIs(2));  // the first batch closes none
  ASSERT_EQ(batches_.size(), traced.size());
  for (size_t i = 0; i < traced.size(); ++i) {
    traced[i].mutable_header()->clear_trace();
    EXPECT_EQ(traced[i].SerializeAsString(), batches_[i].SerializeAsString());
  }
}

TEST_F(FeatureEngineTest, ABatchCarriesTheSpecItsSchemaAndTheSetsHash) {
  ASSERT_TRUE(Push({{0}}, true).ok());
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_EQ(batches_[0].spec_set_hash(), SpecSetHash({PresenceSpec()}));
  const v1::WindowTable& table = batches_[0].tables(0);
  EXPECT_EQ(SpecText(table.spec()), SpecText(PresenceSpec()));
  EXPECT_EQ(table.schema_hash(), (*FindSchema("presence.v1"))->Hash());
  EXPECT_EQ(table.flags(), std::string(1, 0));
}

TEST_F(FeatureEngineTest, WindowBatchesAreNumberedOnTheirOwn) {
  ASSERT_TRUE(Push({{0}}).ok());
  ASSERT_TRUE(Push({{100 * kMilli}}).ok());
  ASSERT_TRUE(Push({{kSecond}}).ok());
  ASSERT_TRUE(Push({}, true).ok());
  ASSERT_THAT(batches_, SizeIs(2));
  EXPECT_EQ(batches_[0].header().sequence(), 1u);
  EXPECT_EQ(batches_[1].header().sequence(), 2u);
  EXPECT_EQ(batches_[1].header().origin(), "test");
  EXPECT_EQ(batches_[1].header().run(), "1");
}

TEST_F(FeatureEngineTest, ARunWithoutPacketsEndsWithOneEmptyBatch) {
  ASSERT_TRUE(Push({}, true).ok());
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_TRUE(batches_[0].header().end_of_run());
  EXPECT_THAT(batches_[0].tables(), IsEmpty());
}

TEST_F(FeatureEngineTest, TheIdentityHoldsInEveryWindowBatch) {
  for (int i = 0; i < 40; ++i) {
    Packet udp{i * 300 * kMilli};
    Packet tcp = udp;
    tcp.protocol = 6;
    ASSERT_TRUE(Push({udp, tcp, udp}).ok());
  }
  ASSERT_TRUE(Push({}, true).ok());
  ASSERT_GT(batches_.size(), 10u);
  for (const v1::WindowBatch& batch : batches_) {
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    EXPECT_EQ(batch.header().accounting().pending(), 0u) << "all that came was decided";
  }
  const v1::Accounting& last = batches_.back().header().accounting();
  EXPECT_EQ(last.windowed(), 80u);
  ASSERT_EQ(last.filtered_size(), 1);
  EXPECT_EQ(last.filtered(0).reason(), "not_asked");
  EXPECT_EQ(last.filtered(0).packets(), 40u);
}

TEST_F(FeatureEngineTest, APacketThatSeveralSpecsTakeIsWindowedOnce) {
  engine_ = MakeEngine({PresenceSpec(kSecond / 2), PresenceSpec(kSecond, {6, 17})});
  Packet tcp{10};
  tcp.protocol = 6;
  Packet icmp{20};
  icmp.protocol = 1;
  ASSERT_TRUE(Push({{0}, tcp, icmp}, true).ok());
  ASSERT_THAT(batches_, SizeIs(1));
  ASSERT_EQ(batches_[0].tables_size(), 2);
  EXPECT_EQ(batches_[0].tables(0).start_ns_size(), 1);
  EXPECT_EQ(batches_[0].tables(1).start_ns_size(), 2);
  EXPECT_EQ(batches_[0].header().accounting().windowed(), 2u);
  EXPECT_EQ(batches_[0].header().accounting().filtered(0).packets(), 1u);
}

TEST_F(FeatureEngineTest, ASpecWithoutAFilterTakesEveryProtocol) {
  engine_ = MakeEngine({PresenceSpec(kSecond / 2, {})});
  Packet gre{0};
  gre.protocol = 47;
  ASSERT_TRUE(Push({gre}, true).ok());
  EXPECT_EQ(batches_[0].header().accounting().windowed(), 1u);
  EXPECT_THAT(RowsOf(batches_)[0].subject, HasSubstr("/proto47"));
}

TEST_F(FeatureEngineTest, ManyWindowsTravelInSeveralBatchesAndOnlyTheLastEndsTheRun) {
  std::vector<Packet> packets;
  for (int64_t second = 0; second < 15; ++second) {
    for (int host = 1; host <= 100; ++host) {
      packets.push_back({second * kSecond, 100, true, static_cast<uint8_t>(host)});
    }
  }
  ASSERT_TRUE(Push(packets, true).ok());
  // 14 seconds of two windows and the last packet's one, for each subject.
  const std::vector<Row> rows = RowsOf(batches_);
  ASSERT_THAT(rows, SizeIs(29 * 100));
  ASSERT_THAT(batches_, SizeIs(2));
  for (size_t i = 0; i < batches_.size(); ++i) {
    EXPECT_LE(batches_[i].tables(0).values_size(), WindowWriter::kMaxValues);
    EXPECT_EQ(batches_[i].header().sequence(), i + 1);
    EXPECT_EQ(batches_[i].header().end_of_run(), i + 1 == batches_.size());
    EXPECT_TRUE(Balanced(batches_[i].header().accounting()));
  }
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_LT(std::tie(rows[i - 1].start_ns, rows[i - 1].subject),
              std::tie(rows[i].start_ns, rows[i].subject));
  }
  EXPECT_EQ(SettledBy(1), 0u) << "the packets' last windows are in the second batch";
  EXPECT_EQ(SettledBy(2), 1u);
}

TEST_F(FeatureEngineTest, BatchesThatCloseNoWindowAreSettledAllTheSame) {
  for (int i = 0; i < 64; ++i) {
    std::vector<Packet> packets = {{i * kMilli}};
    packets[0].protocol = 6;  // no spec asks for TCP
    ASSERT_TRUE(Push(packets).ok());
  }
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_EQ(batches_[0].tables_size(), 0);
  EXPECT_EQ(SettledBy(1), 64u);
}

TEST_F(FeatureEngineTest, PacketsWhoseWindowsJustFillABatchAreSettled) {
  // Whatever the number of windows that one batch of packets closes, its last one settles it.
  constexpr int64_t kFull = WindowWriter::kMaxValues / 9;
  for (int64_t windows : {kFull + 1, kFull + 2, kFull + 3, 2 * kFull + 2, 2 * kFull + 3}) {
    engine_ = MakeEngine();
    BatchMaker maker;
    batches_.clear();
    std::vector<Packet> packets;
    for (int64_t i = 0; i < windows; ++i) packets.push_back({i * kSecond / 2});
    ASSERT_TRUE(Consume(maker.Make(packets)).ok());
    packets = {{windows * kSecond / 2 + 100 * kSecond}};
    ASSERT_TRUE(Consume(maker.Make(packets)).ok());
    ASSERT_GE(batches_.size(), 2u);
    EXPECT_GE(SettledBy(batches_.back().header().sequence()), 1u) << windows;
  }
}

TEST_F(FeatureEngineTest, NoWindowStartsBeforeAnEarlierBatchsWatermark) {
  std::vector<Packet> packets;
  for (int64_t i = 0; i < 100; ++i) packets.push_back({i * 130 * kMilli});
  for (size_t at = 0; at < packets.size(); at += 10) {
    ASSERT_TRUE(Consume(maker_.Make(std::span(packets).subspan(at, 10))).ok());
  }
  ExpectNoStartBeforeAWatermark();
}

TEST_F(FeatureEngineTest, NoWindowStartsBeforeTheWatermarkOfABatchOfTheSameClosing) {
  std::vector<Packet> packets;
  for (int64_t i = 0; i < 3000; ++i) packets.push_back({i * kSecond / 2});
  ASSERT_TRUE(Push(packets).ok());
  ASSERT_THAT(batches_, SizeIs(2));
  ExpectNoStartBeforeAWatermark();
}

TEST_F(FeatureEngineTest, PacketsAreSettledOnceTheLastWindowTheyTouchedIs) {
  ASSERT_TRUE(Push({{0}, {100 * kMilli}}).ok());  // window 0
  ASSERT_TRUE(Push({{600 * kMilli}}).ok());       // closes window 0: batch 1
  ASSERT_TRUE(Push({{1100 * kMilli}}).ok());      // closes window 1: batch 2
  ASSERT_TRUE(Push({}, true).ok());               // closes window 2: batch 3
  ASSERT_THAT(batches_, SizeIs(3));
  EXPECT_EQ(SettledBy(0), 0u);
  EXPECT_EQ(SettledBy(1), 1u);
  EXPECT_EQ(SettledBy(2), 2u);
  EXPECT_EQ(SettledBy(3), 4u);
}

TEST_F(FeatureEngineTest, AnAckTellsWhatWasDecidedAndNothingElse) {
  Packet tcp{10};
  tcp.protocol = 6;
  ASSERT_TRUE(Push({{0}, tcp}, true).ok());
  v1::Ack windows_ack;
  windows_ack.set_origin("test");
  windows_ack.set_run("1");
  windows_ack.set_sequence(1);
  const v1::Ack ack = engine_->AckFor(windows_ack);
  EXPECT_EQ(ack.origin(), "test");
  EXPECT_EQ(ack.run(), "1");
  EXPECT_EQ(ack.accounting().windowed(), 1u);
  EXPECT_EQ(FilteredPackets(ack.accounting()), 1u);
  EXPECT_EQ(ack.accounting().received(), 0u);
  EXPECT_EQ(ack.accounting().pending(), 0u);
}

TEST_F(FeatureEngineTest, AWatermarkThatGoesBackIsRefused) {
  ASSERT_TRUE(Push({{400 * kMilli}}).ok());
  v1::PacketBatch batch = maker_.Make({});
  batch.mutable_header()->set_watermark_ns(399 * kMilli);
  ExpectRefused(batch, "takes the watermark back from 400000000 to 399000000 ns");
}

TEST_F(FeatureEngineTest, APacketBeforeTheWatermarkIsRefused) {
  ASSERT_TRUE(Push({{400 * kMilli}}).ok());
  ExpectRefused(maker_.Make(std::vector<Packet>{{400 * kMilli - 1}}), "399999999");
}

TEST_F(FeatureEngineTest, APacketAtTheWatermarkIsTaken) {
  ASSERT_TRUE(Push({{400 * kMilli}}).ok());
  EXPECT_TRUE(Push({{400 * kMilli}}).ok());
}

TEST_F(FeatureEngineTest, AGridThatMovesIsRefused) {
  ASSERT_TRUE(Push({{0}}).ok());
  v1::PacketBatch batch = maker_.Make({});
  batch.mutable_header()->set_grid_start_ns(1);
  ExpectRefused(batch, "moves the grid's start from 0 to 1 ns");
}

TEST_F(FeatureEngineTest, TimesOutsideOfPlausibleOnesAreRefused) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  v1::PacketBatch batch = maker_.Make({});
  batch.mutable_header()->set_grid_start_ns(kMax);
  ExpectRefused(batch, "grid start");
  batch.mutable_header()->set_grid_start_ns(0);
  batch.mutable_header()->set_watermark_ns(kMax);
  ExpectRefused(batch, "watermark");
  batch = maker_.Make(std::vector<Packet>{{kMax}});
  batch.mutable_header()->set_watermark_ns(0);
  ExpectRefused(batch, "outside of time");
}

TEST_F(FeatureEngineTest, TimesAtTheEdgeOfPlausibleOnesDoNotOverflow) {
  constexpr int64_t kEdge = (int64_t{1} << 62) - 1;
  ASSERT_TRUE(Push({{-kEdge}, {kEdge}}, true).ok());
  const std::vector<Row> rows = RowsOf(batches_);
  ASSERT_FALSE(rows.empty());
  EXPECT_LE(rows.front().start_ns, -kEdge);
  EXPECT_LE(rows.back().start_ns, kEdge);
  EXPECT_EQ(rows.back().values[8], 1);
}

TEST_F(FeatureEngineTest, BatchesSentAgainForContextSayNothingNew) {
  for (int i = 0; i < 100; ++i) {
    v1::PacketBatch batch = maker_.Make(std::vector<Packet>{{i * kMilli}});
    batch.mutable_header()->set_replay_of_settled(true);
    batch.mutable_header()->set_settled_until_ns(500 * kMilli);
    ASSERT_TRUE(Consume(batch).ok());
  }
  EXPECT_THAT(batches_, IsEmpty());
  v1::PacketBatch next = maker_.Make(std::vector<Packet>{{501 * kMilli}}, /*end_of_run=*/true);
  ASSERT_TRUE(Consume(next).ok());
  ASSERT_THAT(RowsOf(batches_), SizeIs(1));
  EXPECT_EQ(RowsOf(batches_)[0].start_ns, 500 * kMilli);
}

TEST_F(FeatureEngineTest, ContextThatClosesWindowsWhichAreNotSettledIsRefused) {
  v1::PacketBatch batch = maker_.Make(std::vector<Packet>{{0}, {600 * kMilli}});
  batch.mutable_header()->set_replay_of_settled(true);
  ExpectRefused(batch, "closes windows that are not");
}

TEST_F(FeatureEngineTest, AnErrorOfTheReceiverIsTheResult) {
  const absl::Status gone = absl::UnavailableError("gone");
  EXPECT_EQ(engine_->Consume(maker_.Make(std::vector<Packet>{{0}}, true),
                             [&](const v1::WindowBatch&) { return gone; }),
            gone);
}

TEST(FeatureEngineCreate, ASpecThatCannotBeComputedIsRefused) {
  v1::WindowSpec nobody = PresenceSpec();
  nobody.clear_subject();
  EXPECT_TRUE(absl::IsInvalidArgument(FeatureEngine::Create({{nobody}, ""}).status()));
  v1::WindowSpec unknown = PresenceSpec();
  unknown.set_schema("future.v9");
  EXPECT_TRUE(absl::IsNotFound(FeatureEngine::Create({{unknown}, ""}).status()));
}

}  // namespace
}  // namespace silhouette
