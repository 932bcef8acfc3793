// Both halves of a link, joined by an in-process server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include "common/grpc_server.h"
#include "common/link_receiver.h"
#include "common/link_stream.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kPatience(30);  // a test that works never waits so long

v1::PacketBatch Batch(uint64_t sequence, const std::string& run = "1") {
  v1::PacketBatch batch;
  batch.mutable_header()->set_origin("test");
  batch.mutable_header()->set_run(run);
  batch.mutable_header()->set_sequence(sequence);
  return batch;
}

v1::Ack AckOf(uint64_t sequence) {
  v1::Ack ack;
  ack.set_origin("test");
  ack.set_run("1");
  ack.set_sequence(sequence);
  return ack;
}

// A receiver whose behaviour the test sets; it serves one stream at a time.
class FakeReceiver : public v1::FeatureService::Service {
 public:
  std::function<absl::Status(const v1::PacketBatch&, AckWriter*)> on_batch;
  std::function<absl::Status(AckWriter*)> on_finish;
  std::function<void()> on_abort;
  bool flushes_for_nobody = false;
  absl::Status refusal;
  OpenStreams streams{"test"};

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
    return ServeLink<v1::PacketBatch>(
        context, stream, &streams,
        [this](AckWriter* acks) -> absl::StatusOr<std::unique_ptr<Handler>> {
          if (!refusal.ok()) return refusal;
          return std::make_unique<Handler>(this, acks);
        });
  }
  std::vector<uint64_t> received() const { return received_; }
  // Waits until a stream's handler has flushed.
  bool WaitForFinish() {
    return finished_.get_future().wait_for(kPatience) == std::future_status::ready;
  }
  bool WaitForBatch() {
    return first_batch_.get_future().wait_for(kPatience) == std::future_status::ready;
  }

 private:
  class Handler : public BatchHandler<v1::PacketBatch> {
   public:
    Handler(FakeReceiver* receiver, AckWriter* acks) : receiver_(receiver), acks_(acks) {}
    absl::Status Consume(const v1::PacketBatch& batch) override {
      receiver_->received_.push_back(batch.header().sequence());
      if (receiver_->received_.size() == 1) receiver_->first_batch_.set_value();
      if (receiver_->on_batch) return receiver_->on_batch(batch, acks_);
      acks_->Write(AckOf(batch.header().sequence()));
      return absl::OkStatus();
    }
    absl::Status Finish() override {
      absl::Status status = receiver_->on_finish ? receiver_->on_finish(acks_) : absl::OkStatus();
      receiver_->finished_.set_value();
      return status;
    }
    void Abort() override {
      if (receiver_->on_abort) receiver_->on_abort();
    }
    bool FlushesForNobody() const override { return receiver_->flushes_for_nobody; }

   private:
    FakeReceiver* receiver_;
    AckWriter* acks_;
  };
  std::vector<uint64_t> received_;
  std::promise<void> first_batch_, finished_;
};

class LinkTest : public ::testing::Test {
 protected:
  using Sender = LinkStream<v1::PacketBatch>;
  std::unique_ptr<Sender> Open() {
    return std::make_unique<Sender>(
        "receiver", [this](grpc::ClientContext* context) { return stub_->Push(context); },
        Sender::Callbacks{[this](const v1::Ack& ack) { acks_.push_back(ack.sequence()); }});
  }
  // Sends until the stream breaks; an endless receiver would be a bug.
  static absl::Status SendUntilError(Sender* sender) {
    for (uint64_t sequence = 1; sequence < 1'000'000; ++sequence) {
      if (absl::Status status = sender->Send(Batch(sequence)); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  FakeReceiver receiver_;
  InProcessServer server_ = StartInProcessServer(&receiver_);
  std::unique_ptr<v1::FeatureService::Stub> stub_ = v1::FeatureService::NewStub(server_.channel);
  std::vector<uint64_t> acks_;  // read after Close
};

TEST_F(LinkTest, EveryBatchArrivesInOrderAndEveryAckComesBackBeforeCloseReturns) {
  const auto sender = Open();
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(sender->Send(Batch(i)).ok());
  EXPECT_TRUE(sender->Close().ok());
  EXPECT_THAT(receiver_.received(), ElementsAre(1, 2, 3));
  EXPECT_THAT(acks_, ElementsAre(1, 2, 3));
}

TEST_F(LinkTest, AcksOfTheFlushArriveToo) {
  receiver_.on_batch = [](const v1::PacketBatch&, AckWriter*) { return absl::OkStatus(); };
  receiver_.on_finish = [](AckWriter* acks) {
    acks->Write(AckOf(2));
    return absl::OkStatus();
  };
  const auto sender = Open();
  ASSERT_TRUE(sender->Send(Batch(1)).ok());
  ASSERT_TRUE(sender->Send(Batch(2)).ok());
  EXPECT_TRUE(sender->Close().ok());
  EXPECT_THAT(acks_, ElementsAre(2));
}

TEST_F(LinkTest, TheReceiversErrorEndsSendingWithItsWords) {
  receiver_.on_batch = [](const v1::PacketBatch& batch, AckWriter*) {
    return batch.header().sequence() < 3 ? absl::OkStatus()
                                         : absl::ResourceExhaustedError("disk full");
  };
  const auto sender = Open();
  EXPECT_EQ(SendUntilError(sender.get()), absl::ResourceExhaustedError("receiver: disk full"));
  EXPECT_EQ(sender->Send(Batch(4)), absl::ResourceExhaustedError("receiver: disk full"));
  EXPECT_EQ(sender->Close(), absl::ResourceExhaustedError("receiver: disk full"));
}

TEST_F(LinkTest, TheReceiversErrorAtTheFlushReachesClose) {
  receiver_.on_finish = [](AckWriter*) { return absl::UnavailableError("gateway gone"); };
  const auto sender = Open();
  ASSERT_TRUE(sender->Send(Batch(1)).ok());
  EXPECT_EQ(sender->Close(), absl::UnavailableError("receiver: gateway gone"));
  EXPECT_EQ(sender->Close(), absl::UnavailableError("receiver: gateway gone")) << "again";
}

TEST_F(LinkTest, ABatchsErrorOutranksThatOfTheFlushThatFollows) {
  receiver_.on_batch = [](const v1::PacketBatch&, AckWriter*) {
    return absl::InvalidArgumentError("wrong batch");
  };
  receiver_.on_finish = [](AckWriter*) { return absl::UnavailableError("gateway gone"); };
  const auto sender = Open();
  EXPECT_EQ(SendUntilError(sender.get()), absl::InvalidArgumentError("receiver: wrong batch"));
}

TEST_F(LinkTest, AReceiverThatRefusesTheStreamSaysWhy) {
  receiver_.refusal = absl::UnavailableError("shutting down");
  const auto sender = Open();
  EXPECT_EQ(SendUntilError(sender.get()), absl::UnavailableError("receiver: shutting down"));
}

TEST_F(LinkTest, ASenderThatSentNothingHasNothingToClose) {
  const auto sender = Open();
  EXPECT_TRUE(sender->Close().ok());
  EXPECT_FALSE(sender->Send(Batch(1)).ok());
  EXPECT_THAT(receiver_.received(), IsEmpty());
}

TEST_F(LinkTest, AGapInTheNumbersIsInvalidAndIsNotConsumed) {
  const auto sender = Open();
  ASSERT_TRUE(sender->Send(Batch(1)).ok());
  (void)sender->Send(Batch(3));
  const absl::Status status = sender->Close();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("batch 3 of test came where 2 was due"));
  EXPECT_THAT(receiver_.received(), ElementsAre(1));
}

TEST_F(LinkTest, CancelEndsASendThatWaitsForASlowReceiver) {
  std::promise<void> release;
  auto released = release.get_future().share();
  receiver_.on_batch = [released](const v1::PacketBatch&, AckWriter*) {
    released.wait();
    return absl::OkStatus();
  };
  const auto sender = Open();
  auto sending = std::async(std::launch::async, [&] { return SendUntilError(sender.get()); });
  ASSERT_TRUE(receiver_.WaitForBatch());
  sender->Cancel();
  EXPECT_TRUE(absl::IsCancelled(sending.get()));
  EXPECT_TRUE(absl::IsCancelled(sender->Close()));
  release.set_value();
  EXPECT_TRUE(receiver_.WaitForFinish()) << "the handler flushes all the same";
}

TEST_F(LinkTest, ASenderThatGoesWithoutCloseEndsTheStream) {
  {
    const auto sender = Open();
    ASSERT_TRUE(sender->Send(Batch(1)).ok());
  }
  EXPECT_TRUE(receiver_.WaitForFinish());
}

TEST_F(LinkTest, AHandlerThatWaitsForSomethingElseIsAbortedWhenItsSenderIsGone) {
  std::promise<void> aborted;
  receiver_.on_abort = [&aborted] { aborted.set_value(); };
  bool in_time = false;
  receiver_.on_batch = [&](const v1::PacketBatch&, AckWriter*) {
    in_time = aborted.get_future().wait_for(kPatience) == std::future_status::ready;
    return absl::AbortedError("aborted");
  };
  {
    const auto sender = Open();
    ASSERT_TRUE(sender->Send(Batch(1)).ok());
    ASSERT_TRUE(receiver_.WaitForBatch());
  }
  EXPECT_TRUE(receiver_.WaitForFinish());
  EXPECT_TRUE(in_time);
}

TEST_F(LinkTest, AHandlerThatFlushesForNobodyIsNotAborted) {
  receiver_.flushes_for_nobody = true;
  receiver_.on_abort = [] { ADD_FAILURE() << "aborted"; };
  std::promise<void> gone;
  receiver_.on_batch = [&](const v1::PacketBatch&, AckWriter*) {
    (void)gone.get_future().wait_for(kPatience);
    // Two looks of the watcher's.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return absl::OkStatus();
  };
  {
    const auto sender = Open();
    ASSERT_TRUE(sender->Send(Batch(1)).ok());
    ASSERT_TRUE(receiver_.WaitForBatch());
  }
  gone.set_value();
  EXPECT_TRUE(receiver_.WaitForFinish());
}

// Of the counters, by status; open streams as "open".
std::map<std::string, double> StreamCounts(const OpenStreams& streams) {
  std::map<std::string, double> counts;
  for (const auto& family : streams.metrics()->Collect()) {
    for (const auto& metric : family.metric) {
      if (metric.label.empty()) counts["open"] = metric.gauge.value;
      if (!metric.label.empty()) counts[metric.label.front().value] = metric.counter.value;
    }
  }
  return counts;
}

TEST_F(LinkTest, HowStreamsEndedIsCounted) {
  const auto good = Open();
  ASSERT_TRUE(good->Send(Batch(1)).ok());
  EXPECT_TRUE(good->Close().ok());
  receiver_.refusal = absl::ResourceExhaustedError("enough");
  EXPECT_FALSE(SendUntilError(Open().get()).ok());
  const auto counts = StreamCounts(receiver_.streams);
  EXPECT_EQ(counts.at("open"), 0);
  EXPECT_EQ(counts.at("OK"), 1);
  EXPECT_EQ(counts.at("RESOURCE_EXHAUSTED"), 1);
  EXPECT_EQ(counts.at("UNAVAILABLE"), 0) << "known before it happens";
}

TEST_F(LinkTest, AStreamWhoseSenderIsGoneDidNotEndWell) {
  const auto gone = Open();
  ASSERT_TRUE(gone->Send(Batch(1)).ok());
  gone->Cancel();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (StreamCounts(receiver_.streams).at("CANCELLED") == 0 &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(StreamCounts(receiver_.streams).at("CANCELLED"), 1);
  EXPECT_EQ(StreamCounts(receiver_.streams).at("OK"), 0);
}

TEST_F(LinkTest, OneThatWasCancelledBeforeItOpenedSendsNothing) {
  const auto sender = Open();
  sender->Cancel();
  EXPECT_TRUE(absl::IsCancelled(SendUntilError(sender.get())));
}

TEST_F(LinkTest, StopEndsOpenStreamsAfterTheirHandlersFlushed) {
  bool flushed = false;
  receiver_.on_finish = [&flushed](AckWriter*) {
    flushed = true;
    return absl::OkStatus();
  };
  receiver_.on_abort = [] { ADD_FAILURE() << "aborted within its grace period"; };
  const auto sender = Open();
  ASSERT_TRUE(sender->Send(Batch(1)).ok());
  ASSERT_TRUE(receiver_.WaitForBatch());
  receiver_.streams.Stop(kPatience);
  EXPECT_TRUE(flushed);
  EXPECT_TRUE(absl::IsCancelled(SendUntilError(sender.get())));
}

TEST_F(LinkTest, StopAbortsAHandlerThatDoesNotFlushInTime) {
  std::promise<void> aborted;
  receiver_.on_finish = [&aborted](AckWriter*) {
    const bool in_time = aborted.get_future().wait_for(kPatience) == std::future_status::ready;
    return in_time ? absl::OkStatus() : absl::DeadlineExceededError("never aborted");
  };
  receiver_.on_abort = [&aborted] { aborted.set_value(); };
  const auto sender = Open();
  ASSERT_TRUE(sender->Send(Batch(1)).ok());
  ASSERT_TRUE(receiver_.WaitForBatch());
  receiver_.streams.Stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(receiver_.WaitForFinish());
  EXPECT_TRUE(absl::IsCancelled(SendUntilError(sender.get())));
}

TEST_F(LinkTest, StopEndsStreamsThatComeLaterToo) {
  receiver_.streams.Stop(std::chrono::milliseconds(0));
  const auto sender = Open();
  EXPECT_FALSE(SendUntilError(sender.get()).ok());
  EXPECT_TRUE(receiver_.WaitForFinish());
}

TEST_F(LinkTest, AStreamThatComesAfterTheGracePeriodIsAbortedToo) {
  std::promise<void> aborted;
  auto told = aborted.get_future().share();
  bool in_time = false;
  receiver_.on_finish = [&, told](AckWriter*) {
    in_time = told.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
    return absl::OkStatus();
  };
  receiver_.on_abort = [&aborted] { aborted.set_value(); };
  receiver_.streams.Stop(std::chrono::milliseconds(0));
  const auto sender = Open();
  EXPECT_FALSE(SendUntilError(sender.get()).ok());
  ASSERT_TRUE(receiver_.WaitForFinish());
  EXPECT_TRUE(in_time) << "a handler that waits for another service holds up the shutdown";
}

TEST(HeaderChecker, EachRunCountsOnItsOwn) {
  HeaderChecker checker;
  EXPECT_TRUE(checker.Check(Batch(1, "a").header()).ok());
  EXPECT_TRUE(checker.Check(Batch(1, "b").header()).ok());
  EXPECT_TRUE(checker.Check(Batch(2, "a").header()).ok());
  EXPECT_FALSE(checker.Check(Batch(2, "a").header()).ok()) << "twice";
  EXPECT_TRUE(checker.Check(Batch(2, "b").header()).ok());
}

TEST(HeaderChecker, AStreamThatGoesOnWithARunMayStartAnywhere) {
  HeaderChecker checker;
  EXPECT_TRUE(checker.Check(Batch(17).header()).ok());
  EXPECT_FALSE(checker.Check(Batch(17).header()).ok());
  EXPECT_TRUE(checker.Check(Batch(18).header()).ok());
}

TEST(HeaderChecker, AHeaderWithoutOriginRunOrNumberIsInvalid) {
  v1::BatchHeader no_origin = Batch(1).header(), no_run = no_origin;
  no_origin.clear_origin();
  no_run.clear_run();
  for (const v1::BatchHeader& header : {no_origin, no_run, Batch(0).header()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(HeaderChecker().Check(header)));
  }
}

TEST(HeaderChecker, AccountsThatDoNotAddUpAreInvalid) {
  v1::BatchHeader header = Batch(1).header();
  header.mutable_accounting()->set_received(5);
  header.mutable_accounting()->set_pending(5);
  EXPECT_TRUE(HeaderChecker().Check(header).ok());
  header.mutable_accounting()->set_late(1);
  EXPECT_TRUE(absl::IsInvalidArgument(HeaderChecker().Check(header)));
}

TEST(HeaderChecker, LongNamesAndRunsWithoutEndAreInvalid) {
  v1::BatchHeader header = Batch(1).header();
  header.set_origin(std::string(HeaderChecker::kMaxNameBytes + 1, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(HeaderChecker().Check(header)));
  HeaderChecker checker;
  for (size_t run = 1; run <= HeaderChecker::kMaxRuns; ++run) {
    ASSERT_TRUE(checker.Check(Batch(1, std::to_string(run)).header()).ok());
  }
  EXPECT_TRUE(absl::IsInvalidArgument(checker.Check(Batch(1, "another").header())));
}

}  // namespace
}  // namespace silhouette
