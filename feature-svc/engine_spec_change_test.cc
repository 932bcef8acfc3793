// A change of the specs within a run: what stays is as without it, what is new is whole from its
// first window on, what goes is gone, and the accounts stay exact.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/test_changing_run.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::ElementsAre;

// Of the same subjects, and only the second asks for flows.
v1::WindowSpec Talk() { return *ParseSpec("subject=conversation,window=500ms,schema=presence.v1"); }
v1::WindowSpec WideTalk() {
  return *ParseSpec("subject=conversation,window=2s,hop=500ms,schema=traffic.v1");
}
// Each of subjects of its own.
v1::WindowSpec UdpTalk() {
  return *ParseSpec("subject=conversation,window=500ms,schema=presence.v1,protocol=udp");
}
v1::WindowSpec TcpFlow() {
  return *ParseSpec("subject=flow,window=1s,schema=presence.v1,protocol=tcp");
}
v1::WindowSpec Mac() {
  return *ParseSpec("subject=device-mac,window=1s,hop=250ms,schema=presence.v1");
}
// Of the same subjects.
v1::WindowSpec Device() { return *ParseSpec("subject=device,window=2s,hop=1s,schema=traffic.v1"); }
v1::WindowSpec LongDevice() { return *ParseSpec("subject=device,window=10s,schema=presence.v1"); }
v1::WindowSpec Hour() { return *ParseSpec("subject=device,window=1h,schema=presence.v1"); }

// Two hosts that send a packet each 100 ms in [from, to), each second one by TCP.
std::vector<Packet> Steady(int64_t from_ns, int64_t to_ns) {
  std::vector<Packet> packets;
  for (int64_t time_ns = from_ns; time_ns < to_ns; time_ns += 50 * kMilli) {
    Packet packet{time_ns, static_cast<uint32_t>(100 + time_ns / kMilli % 997)};
    packet.host = time_ns % (100 * kMilli) == 0 ? 20 : 21;
    packet.protocol = time_ns % (200 * kMilli) < 100 * kMilli ? 17 : 6;
    packet.with_macs = true;
    packets.push_back(packet);
  }
  return packets;
}

// In batches of half a second.
void PushSteady(int64_t from_ns, int64_t to_ns, ChangingRun* run) {
  for (int64_t at = from_ns; at < to_ns; at += kSecond / 2) {
    run->Push(Steady(at, std::min(to_ns, at + kSecond / 2)));
  }
}

TEST(FeatureSpecChange, WhatIsNewIsWholeFromAHorizonLaterOnAndWhatStaysIsAsWithoutTheChange) {
  const int64_t change_ns = 20 * kSecond + 300 * kMilli, end_ns = 100 * kSecond;
  for (const v1::WindowSpec& added :
       {WideTalk(), UdpTalk(), TcpFlow(), Device(), LongDevice(), Mac()}) {
    auto whole = WithoutChange(Steady(0, end_ns), {Talk(), added});
    ChangingRun run({Talk()});
    PushSteady(0, change_ns, &run);
    run.Change({Talk(), added});
    PushSteady(change_ns, end_ns, &run);
    run.End();
    const int64_t from_ns = run.newest_ns() - (end_ns - change_ns) + 1 + HorizonOf(added);
    const std::vector<Row>& rows = run.rows(added);
    ASSERT_FALSE(rows.empty()) << SpecText(added);
    EXPECT_GE(rows.front().start_ns, from_ns);
    EXPECT_LT(rows.front().start_ns, from_ns + added.length_ns());
    EXPECT_TRUE(rows == Between(whole[SpecText(added)], added.length_ns(), from_ns))
        << SpecText(added);
    EXPECT_TRUE(run.rows(Talk()) == whole[SpecText(Talk())]) << SpecText(added);
  }
}

TEST(FeatureSpecChange, PacketsAheadOfTheWatermarkThatCameBeforeTheChangeAreMissingFromNoWindow) {
  constexpr int64_t kLate = 10 * kSecond;
  ChangingRun run({TcpFlow()}, kLate);
  run.Push(Steady(0, 12 * kSecond));  // the watermark is at 2 s
  run.Change({TcpFlow(), UdpTalk()});
  const std::vector<Packet> late = Steady(8 * kSecond, 9 * kSecond);
  run.Push(late);
  run.Push(Steady(12 * kSecond, 30 * kSecond));
  run.End();
  std::vector<Packet> packets = Steady(0, 30 * kSecond);
  packets.insert(packets.end(), late.begin(), late.end());
  auto whole = WithoutChange(packets, {TcpFlow(), UdpTalk()});
  EXPECT_EQ(run.rows(UdpTalk()).front().start_ns, 17 * kSecond);
  EXPECT_TRUE(run.rows(UdpTalk()) ==
              Between(whole[SpecText(UdpTalk())], UdpTalk().length_ns(), 17 * kSecond));
  EXPECT_TRUE(run.rows(TcpFlow()) == whole[SpecText(TcpFlow())]);
}

TEST(FeatureSpecChange, AfterSilenceNoWindowStartsBeforeWhatTheWatermarkPromised) {
  ChangingRun run({Talk()});
  PushSteady(0, 2 * kSecond, &run);
  run.PushSilence(34 * kSecond);
  run.Change({Talk(), LongDevice()});
  PushSteady(34 * kSecond, 60 * kSecond, &run);
  run.End();  // ChangingRun looks at every start
  EXPECT_EQ(run.rows(LongDevice()).front().start_ns, 40 * kSecond);
}

TEST(FeatureSpecChange, AChangeBeforeTheFirstPacketIsAsIfItHadAlwaysBeenSo) {
  const auto whole = WithoutChange(Steady(0, 70 * kSecond), {WideTalk(), Talk()});
  for (const bool after_a_batch : {false, true}) {
    ChangingRun run({Talk(), Hour()});
    if (after_a_batch) run.Push({});
    run.Change({WideTalk(), Talk()});
    PushSteady(0, 70 * kSecond, &run);
    run.End();
    EXPECT_TRUE(run.rows() == whole);
  }
}

TEST(FeatureSpecChange, OpenWindowsOfASpecThatGoesAreDropped) {
  const auto whole = WithoutChange(Steady(0, 10 * kSecond), {Talk(), Mac()});
  ChangingRun run({Talk(), Mac()});
  PushSteady(0, 4 * kSecond, &run);
  run.Change({Talk()});
  PushSteady(4 * kSecond, 10 * kSecond, &run);
  run.End();
  EXPECT_TRUE(run.rows(Talk()) == whole.at(SpecText(Talk())));
  EXPECT_TRUE(run.rows(Mac()) == Between(whole.at(SpecText(Mac())), Mac().length_ns(), kNever,
                                         4 * kSecond - 50 * kMilli));
}

TEST(FeatureSpecChange, WindowsThatCloseBehindTheChangeCarryTheNewHash) {
  ChangingRun run({Talk()});
  run.Push(Steady(0, 600 * kMilli));
  run.Change({Talk(), Device()});
  run.Push(Steady(600 * kMilli, 1100 * kMilli));
  run.Change({});
  run.End();
  EXPECT_THAT(run.hashes(),
              ElementsAre(SpecSetHash({Talk()}), SpecSetHash({Talk(), Device()}), SpecSetHash({})));
}

TEST(FeatureSpecChange, ASpecThatComesBackBeginsAnew) {
  auto whole = WithoutChange(Steady(0, 40 * kSecond), {Talk(), UdpTalk()});
  ChangingRun run({Talk(), UdpTalk()});
  PushSteady(0, 10 * kSecond, &run);
  run.Change({Talk()});
  PushSteady(10 * kSecond, 12 * kSecond, &run);
  run.Change({UdpTalk(), Talk()});
  PushSteady(12 * kSecond, 14 * kSecond, &run);  // goes again before its first window
  run.Change({Talk()});
  PushSteady(14 * kSecond, 16 * kSecond, &run);
  run.Change({Talk(), UdpTalk()});
  PushSteady(16 * kSecond, 40 * kSecond, &run);
  run.End();
  const int64_t length_ns = UdpTalk().length_ns();
  std::vector<Row> expected = Between(whole[SpecText(UdpTalk())], length_ns, kNever, 9950 * kMilli);
  const std::vector<Row> again = Between(whole[SpecText(UdpTalk())], length_ns, 21 * kSecond);
  expected.insert(expected.end(), again.begin(), again.end());
  EXPECT_TRUE(run.rows(UdpTalk()) == expected);
  EXPECT_TRUE(run.rows(Talk()) == whole[SpecText(Talk())]);
}

TEST(FeatureSpecChange, APacketCountsOnceByTheSpecsThereWereWhenItCame) {
  ChangingRun run({UdpTalk()});
  PushSteady(0, 2 * kSecond, &run);  // 20 of UDP, 20 of TCP
  run.Change({UdpTalk(), TcpFlow(), Device()});
  PushSteady(2 * kSecond, 4 * kSecond, &run);
  run.Change({});
  PushSteady(4 * kSecond, 6 * kSecond, &run);
  run.Change({TcpFlow()});
  PushSteady(6 * kSecond, 8 * kSecond, &run);
  run.End();
  EXPECT_EQ(run.accounts().windowed(), 20u + 40u + 0u + 20u);
  EXPECT_EQ(FilteredPackets(run.accounts()), 20u + 0u + 40u + 20u);
}

TEST(FeatureSpecChange, PacketsDoNotWaitForWindowsThatNobodyWillSee) {
  ChangingRun run({Talk(), Hour()});
  const auto settled = [&] { return run.SettledBy(run.window_batches()); };
  PushSteady(0, 10 * kSecond, &run);
  run.Change({Talk()});
  EXPECT_LT(settled(), run.packet_batches()) << "the newest ones are in a window that stays";
  PushSteady(10 * kSecond, 12 * kSecond, &run);
  EXPECT_EQ(settled(), run.packet_batches() - 1);
  run.Change({Talk(), Hour()});  // its first window is far away
  PushSteady(12 * kSecond, 14 * kSecond, &run);
  EXPECT_EQ(settled(), run.packet_batches() - 1);
  run.End();
}

TEST(FeatureSpecChange, PacketsWaitForWindowsThatWereGivenOutBeforeTheirSpecWent) {
  ChangingRun run({Talk()});
  PushSteady(0, 2 * kSecond, &run);  // a window batch closes the window of the packets before
  ASSERT_EQ(run.window_batches(), 3u);
  run.Change({});
  EXPECT_EQ(run.SettledBy(1), 1u);
  EXPECT_EQ(run.SettledBy(2), 2u);
  EXPECT_EQ(run.SettledBy(3), 4u);
}

TEST(FeatureSpecChange, SpecsThatCannotBeComputedChangeNothing) {
  const auto engine = MakeEngine({Talk()});
  v1::WindowSpec unknown = Talk();
  unknown.set_schema("future.v9");
  EXPECT_TRUE(absl::IsNotFound(engine->SetSpecs({{Device(), unknown}, "hash"})));
  BatchMaker maker;
  std::vector<v1::WindowBatch> batches;
  ASSERT_TRUE(engine
                  ->Consume(maker.Make(Steady(0, kSecond), true),
                            [&](const v1::WindowBatch& batch) {
                              batches.push_back(batch);
                              return absl::OkStatus();
                            })
                  .ok());
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].spec_set_hash(), SpecSetHash({Talk()}));
  EXPECT_EQ(batches[0].tables_size(), 1);
}

TEST(FeatureSpecChange, WhatSpecsThatAreGoneHaveCostStaysCounted) {
  ChangingRun run({Talk()}, 0, {.subjects = 16});
  std::vector<Packet> packets(100);
  for (size_t i = 0; i < packets.size(); ++i) packets[i].host = static_cast<uint8_t>(i);
  run.Push(packets);
  const uint64_t evicted = run.use().evicted_subjects;
  ASSERT_GT(evicted, 0u);
  run.Change({Mac()});
  EXPECT_EQ(run.use().evicted_subjects, evicted);
  EXPECT_EQ(run.use().subjects, 0u);
  EXPECT_EQ(run.use().samples, 0u);
  run.End();
}

}  // namespace
}  // namespace silhouette
