#include "common/link_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/accounting.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Buffer = LinkBuffer<v1::PacketBatch>;

constexpr uint64_t kPackets = 10;  // of a batch

// Batch n holds packets up to 100 n ns; one at the end of a run, none.
std::shared_ptr<v1::PacketBatch> Batch(uint64_t sequence, const std::string& run = "1",
                                       bool end = false) {
  auto batch = std::make_shared<v1::PacketBatch>();
  v1::BatchHeader* header = batch->mutable_header();
  header->set_origin("test");
  header->set_run(run);
  header->set_sequence(sequence);
  header->set_end_of_run(end);
  header->mutable_accounting()->set_received(sequence * kPackets);
  header->mutable_accounting()->set_pending(sequence * kPackets);
  for (uint64_t i = 0; i < kPackets && !end; ++i) {
    batch->add_time_ns(static_cast<int64_t>(100 * sequence - i));
  }
  return batch;
}

size_t BytesOfOne() { return Batch(1)->SpaceUsedLong(); }

void Add(uint64_t sequence, Buffer* buffer) { buffer->Add(Batch(sequence)); }

v1::Ack AckOf(uint64_t sequence, uint64_t windowed, int64_t keep_from_ns,
              const std::string& run = "1") {
  v1::Ack ack;
  ack.set_origin("test");
  ack.set_run(run);
  ack.set_sequence(sequence);
  ack.mutable_accounting()->set_windowed(windowed);
  ack.set_settled_until_ns(keep_from_ns + 50);
  ack.set_keep_from_ns(keep_from_ns);
  return ack;
}

TEST(LinkBufferTimes, AreGivenBackWhenABatchIsSentForTheFirstTime) {
  Buffer buffer({});
  const StageTimes times{StageClock::time_point(std::chrono::seconds(7)), {}};
  buffer.Add(Batch(1), times);
  ASSERT_NE(buffer.Next(), nullptr);
  const auto first = buffer.MarkSent();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->began, times.began);
  buffer.Rewind();
  ASSERT_NE(buffer.Next(), nullptr);
  EXPECT_FALSE(buffer.MarkSent().has_value());
}

// The headers of all that is to send.
std::vector<v1::BatchHeader> SendAll(Buffer* buffer) {
  std::vector<v1::BatchHeader> headers;
  for (auto batch = buffer->Next(); batch != nullptr; batch = buffer->Next()) {
    headers.push_back(batch->header());
    buffer->MarkSent();
  }
  return headers;
}

std::vector<uint64_t> Sequences(const std::vector<v1::BatchHeader>& headers) {
  std::vector<uint64_t> sequences;
  for (const auto& header : headers) sequences.push_back(header.sequence());
  return sequences;
}

TEST(LinkBuffer, GivesEachBatchOnceAndAllUnsettledAgainAfterABreak) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, &buffer);
  EXPECT_THAT(Sequences(SendAll(&buffer)), ElementsAre(1, 2, 3));
  EXPECT_TRUE(buffer.all_sent());
  EXPECT_FALSE(buffer.all_settled());
  EXPECT_THAT(buffer.Rewind(), IsEmpty());
  EXPECT_THAT(Sequences(SendAll(&buffer)), ElementsAre(1, 2, 3));
}

TEST(LinkBuffer, TellsSinceWhenTheOldestUnsentAndTheOldestUnsettledBatchIsThere) {
  Buffer buffer({});
  EXPECT_FALSE(buffer.use().oldest_unsent || buffer.use().oldest_unsettled);
  Add(1, &buffer);
  const auto first = buffer.use().oldest_unsent;
  ASSERT_TRUE(first);
  EXPECT_EQ(buffer.use().oldest_unsettled, first);
  Add(2, &buffer);
  EXPECT_EQ(buffer.use().oldest_unsent, first);
  EXPECT_EQ(buffer.use().unsettled_batches, 2u);

  (void)buffer.Next();
  buffer.MarkSent();
  const auto second = buffer.use().oldest_unsent;
  ASSERT_TRUE(second);
  EXPECT_GE(*second, *first);
  EXPECT_EQ(buffer.use().oldest_unsettled, first);
  SendAll(&buffer);
  EXPECT_FALSE(buffer.use().oldest_unsent);
  (void)buffer.Rewind();
  EXPECT_FALSE(buffer.use().oldest_unsent) << "it was sent before";
  SendAll(&buffer);

  ASSERT_TRUE(buffer.Settle(AckOf(1, 10, 100)).has_value());
  EXPECT_EQ(buffer.use().oldest_unsettled, second) << "the first is kept as context alone";
  EXPECT_EQ(buffer.use().unsettled_batches, 1u);
  ASSERT_TRUE(buffer.Settle(AckOf(2, 20, 1000)).has_value());
  EXPECT_FALSE(buffer.use().oldest_unsettled);
  EXPECT_EQ(buffer.use().unsettled_batches, 0u);
  Add(3, &buffer);
  EXPECT_GE(*buffer.use().oldest_unsettled, *second);
}

TEST(LinkBuffer, WhatIsForgottenIsNotWaitedFor) {
  Buffer buffer({.bytes = 4 * BytesOfOne(), .unsent_bytes = BytesOfOne(), .forgets = true});
  for (uint64_t i = 1; i <= 8; ++i) {
    Add(i, &buffer);
    SendAll(&buffer);
  }
  EXPECT_GT(buffer.use().forgotten_batches, 0u);
  EXPECT_EQ(buffer.use().unsettled_batches, 8 - buffer.use().forgotten_batches);
  EXPECT_TRUE(buffer.use().oldest_unsettled);
}

TEST(LinkBuffer, KeepsSettledBatchesAsContextAndSaysThatTheyAre) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 4; ++i) Add(i, &buffer);
  SendAll(&buffer);
  ASSERT_TRUE(buffer.Settle(AckOf(3, 28, 200)).has_value());
  (void)buffer.Rewind();
  const auto headers = SendAll(&buffer);
  ASSERT_THAT(Sequences(headers), ElementsAre(2, 3, 4));
  EXPECT_TRUE(headers[0].replay_of_settled());
  EXPECT_TRUE(headers[1].replay_of_settled());
  EXPECT_FALSE(headers[2].replay_of_settled());
  for (const auto& header : headers) {
    EXPECT_EQ(header.settled_until_ns(), 250);
    EXPECT_EQ(header.complete_from_ns(), 101) << "behind the packets of batch 1";
  }
}

TEST(LinkBuffer, WhatWasDecidedBeforeABreakIsInTheHeadersBehindIt) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, &buffer);
  SendAll(&buffer);
  v1::Ack ack = AckOf(2, 15, 0);
  AddFiltered(ack.mutable_accounting(), "not_asked", 5);
  ASSERT_TRUE(buffer.Settle(ack).has_value());
  (void)buffer.Rewind();
  const auto headers = SendAll(&buffer);
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[0].accounting().pending(), 10u) << "context, as it came";
  EXPECT_EQ(headers[2].accounting().windowed(), 15u);
  EXPECT_EQ(FilteredPackets(headers[2].accounting()), 5u);
  EXPECT_EQ(headers[2].accounting().pending(), 10u);
  EXPECT_TRUE(Balanced(headers[2].accounting()));
  const auto told = buffer.Settle(AckOf(3, 9, 0));  // counts from the stream's beginning
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->accounting().windowed(), 24u);
  (void)buffer.Rewind();
  EXPECT_EQ(SendAll(&buffer).back().accounting().pending(), 30u) << "all is settled: context";
}

TEST(LinkBuffer, ASecondBreakBeforeAnyAckTellsTheSameAgain) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, &buffer);
  SendAll(&buffer);
  (void)buffer.Settle(AckOf(2, 20, 0));
  (void)buffer.Rewind();
  const auto first = SendAll(&buffer);
  (void)buffer.Rewind();
  const auto second = SendAll(&buffer);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].SerializeAsString(), second[i].SerializeAsString());
  }
}

TEST(LinkBuffer, TheEndOfARunFreesAllOfItOnceItIsSettled) {
  Buffer buffer({});
  Add(1, &buffer);
  buffer.Add(Batch(2, "1", true));
  buffer.Add(Batch(1, "2"));
  SendAll(&buffer);
  (void)buffer.Settle(AckOf(2, 10, 0));
  EXPECT_EQ(buffer.use().bytes, BytesOfOne());
  EXPECT_EQ(buffer.Settle(AckOf(2, 10, 0)), std::nullopt) << "it is forgotten";
  (void)buffer.Rewind();
  const auto headers = SendAll(&buffer);
  ASSERT_THAT(Sequences(headers), ElementsAre(1));
  EXPECT_EQ(headers[0].run(), "2");
  EXPECT_FALSE(headers[0].has_complete_from_ns()) << "nothing of this run is missing";
}

TEST(LinkBuffer, AnAckMayComeBeforeTheWriteReturns) {
  Buffer buffer({});
  buffer.Add(Batch(1, "1", true));
  ASSERT_NE(buffer.Next(), nullptr);
  EXPECT_TRUE(buffer.Settle(AckOf(1, 0, 0)).has_value());
  EXPECT_GT(buffer.use().bytes, 0u);
  buffer.MarkSent();
  EXPECT_EQ(buffer.use().bytes, 0u);
}

TEST(LinkBuffer, AnAckOfWhatWasNotSentIsWrong) {
  Buffer buffer({});
  Add(1, &buffer);
  Add(2, &buffer);
  ASSERT_NE(buffer.Next(), nullptr);
  EXPECT_EQ(buffer.Settle(AckOf(2, 10, 0)), std::nullopt);
  EXPECT_EQ(buffer.Settle(AckOf(1, 11, 0)), std::nullopt) << "more packets than there were";
  EXPECT_EQ(buffer.use().wrong_acks, 2u);
  EXPECT_EQ(buffer.Settle(AckOf(1, 10, 0, "none")), std::nullopt);
  EXPECT_TRUE(buffer.Settle(AckOf(1, 10, 0)).has_value());
}

TEST(LinkBuffer, WithoutForgettingItIsFullUntilAcksCome) {
  Buffer buffer({.bytes = 2 * BytesOfOne(), .unsent_bytes = 100 * BytesOfOne()});
  EXPECT_TRUE(buffer.HasRoom());
  buffer.Add(Batch(1));
  buffer.Add(Batch(2));
  EXPECT_FALSE(buffer.HasRoom());
  SendAll(&buffer);
  EXPECT_FALSE(buffer.HasRoom());
  (void)buffer.Settle(AckOf(1, 10, 101));
  EXPECT_TRUE(buffer.HasRoom());
}

TEST(LinkBuffer, WithForgettingItIsFullOnlyWhileTooMuchIsUnsent) {
  Buffer buffer({.bytes = 4 * BytesOfOne(), .unsent_bytes = 2 * BytesOfOne(), .forgets = true});
  Add(1, &buffer);
  Add(2, &buffer);
  EXPECT_FALSE(buffer.HasRoom());
  for (uint64_t i = 3; i <= 10; ++i) {
    SendAll(&buffer);
    EXPECT_TRUE(buffer.HasRoom());
    Add(i, &buffer);
  }
  SendAll(&buffer);
  EXPECT_EQ(buffer.use().bytes, 2 * BytesOfOne());
  EXPECT_EQ(buffer.use().forgotten_batches, 8u);
  EXPECT_EQ(buffer.use().shed_packets, 0u) << "nothing broke";
}

TEST(LinkBuffer, WhereOthersAreForgottenTheEndOfARunNeedsNoRoom) {
  for (const bool forgets : {false, true}) {
    Buffer buffer({.bytes = 8 * BytesOfOne(), .unsent_bytes = BytesOfOne(), .forgets = forgets});
    Add(1, &buffer);
    EXPECT_FALSE(buffer.HasRoomFor(Batch(2)->header()));
    EXPECT_EQ(buffer.HasRoomFor(Batch(2, "1", /*end=*/true)->header()), forgets);
  }
}

TEST(LinkBuffer, WhatABreakSendsAgainTakesNoRoomFromWhatIsNew) {
  Buffer buffer({.bytes = 6 * BytesOfOne(), .unsent_bytes = 2 * BytesOfOne(), .forgets = true});
  for (uint64_t i = 1; i <= 4; ++i) {
    Add(i, &buffer);
    SendAll(&buffer);
  }
  (void)buffer.Rewind();
  EXPECT_EQ(buffer.fill(), 0);
  Add(5, &buffer);
  EXPECT_EQ(buffer.fill(), 0.5);
  EXPECT_TRUE(buffer.HasRoom());
  Add(6, &buffer);
  EXPECT_FALSE(buffer.HasRoom());
  EXPECT_EQ(buffer.use().bytes, 6 * BytesOfOne()) << "never more";
  EXPECT_THAT(Sequences(SendAll(&buffer)), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(buffer.use().bytes, 4 * BytesOfOne());
}

TEST(LinkBuffer, WhatWasForgottenAndNotSettledIsShedWhenTheStreamBreaks) {
  Buffer buffer({.bytes = 12 * BytesOfOne(), .unsent_bytes = 10 * BytesOfOne(), .forgets = true});
  for (uint64_t i = 1; i <= 5; ++i) Add(i, &buffer);
  SendAll(&buffer);
  ASSERT_EQ(buffer.use().forgotten_batches, 3u);
  (void)buffer.Settle(AckOf(1, 10, 0));
  const std::vector<v1::Ack> given_up = buffer.Rewind();
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].sequence(), 3u);
  EXPECT_EQ(given_up[0].accounting().windowed(), 10u);
  EXPECT_EQ(given_up[0].accounting().shed(), 20u);
  EXPECT_EQ(buffer.use().shed_packets, 20u);
  const auto headers = SendAll(&buffer);
  ASSERT_THAT(Sequences(headers), ElementsAre(4, 5));
  EXPECT_EQ(headers[0].complete_from_ns(), 301);
  EXPECT_EQ(headers[0].accounting().shed(), 20u);
  EXPECT_TRUE(Balanced(headers[0].accounting()));
  EXPECT_THAT(buffer.Rewind(), IsEmpty()) << "once";
}

TEST(LinkBuffer, WithoutKeepingWhatIsSentIsGone) {
  Buffer buffer({.keeps_unsettled = false});
  Add(1, &buffer);
  SendAll(&buffer);
  EXPECT_EQ(buffer.use().bytes, 0u);
  EXPECT_TRUE(buffer.all_settled());
}

TEST(LinkBuffer, AnAckThatCountsMoreThanCameUpToItIsWrong) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, &buffer);
  SendAll(&buffer);
  EXPECT_EQ(buffer.Settle(AckOf(1, 11, 0)), std::nullopt);
  v1::Ack wraps = AckOf(1, 6, 0);
  wraps.mutable_accounting()->set_shed(~uint64_t{0} - 3);
  EXPECT_EQ(buffer.Settle(wraps), std::nullopt);
  v1::Ack wordy = AckOf(1, 6, 0);
  AddFiltered(wordy.mutable_accounting(), std::string(1000, 'x'), 1);
  EXPECT_EQ(buffer.Settle(wordy), std::nullopt);
  EXPECT_EQ(buffer.use().wrong_acks, 3u);
  v1::Ack meddles = AckOf(1, 10, 0);
  meddles.mutable_accounting()->set_received(1000);
  const auto told = buffer.Settle(meddles);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->accounting().received(), 0u) << "that is the sender's to say";
}

TEST(LinkBuffer, ARunThatBeginsWithoutPacketsIsCompleteFromItsBeginning) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) {
    const auto batch = Batch(i);
    if (i < 3) batch->clear_time_ns();
    buffer.Add(batch);
  }
  SendAll(&buffer);
  ASSERT_TRUE(buffer.Settle(AckOf(2, 0, 0)).has_value());
  (void)buffer.Rewind();
  const auto headers = SendAll(&buffer);
  ASSERT_THAT(Sequences(headers), ElementsAre(3));
  EXPECT_TRUE(headers[0].has_complete_from_ns());
  EXPECT_LT(headers[0].complete_from_ns(), 0);
}

TEST(LinkBuffer, ABatchThatTellsOfShedPacketsIsKeptAsLongAsIfItHadThem) {
  Buffer buffer({});
  const auto batch = Batch(1);
  batch->clear_time_ns();
  batch->mutable_shed()->set_share(256);
  batch->mutable_shed()->set_until_ns(500);
  buffer.Add(batch);
  Add(2, &buffer);
  SendAll(&buffer);
  ASSERT_TRUE(buffer.Settle(AckOf(1, 0, 500)).has_value());
  (void)buffer.Rewind();
  EXPECT_EQ(SendAll(&buffer).size(), 2u) << "windows from 500 on look there";
  ASSERT_TRUE(buffer.Settle(AckOf(1, 0, 501)).has_value());
  (void)buffer.Rewind();
  const auto headers = SendAll(&buffer);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].complete_from_ns(), 501);
}

TEST(LinkBuffer, AnOlderAckTakesNothingBack) {
  Buffer buffer({});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, &buffer);
  SendAll(&buffer);
  (void)buffer.Settle(AckOf(2, 20, 200));
  (void)buffer.Settle(AckOf(1, 10, 100));
  (void)buffer.Rewind();
  EXPECT_EQ(SendAll(&buffer).front().settled_until_ns(), 250);
}

}  // namespace
}  // namespace silhouette
