// A link whose streams break, over an in-process server.

#include "common/link_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include "common/grpc_server.h"
#include "common/link_receiver.h"
#include "common/trace_context.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;

constexpr std::chrono::seconds kPatience(30);  // a test that works never waits so long
constexpr uint64_t kPackets = 10;              // of a batch
constexpr int64_t kNewestNs = 100;             // of any

v1::PacketBatch Batch(uint64_t sequence, bool end = false) {
  v1::PacketBatch batch;
  batch.mutable_header()->set_origin("test");
  batch.mutable_header()->set_run("1");
  batch.mutable_header()->set_sequence(sequence);
  batch.mutable_header()->set_end_of_run(end);
  batch.mutable_header()->mutable_accounting()->set_received(sequence * kPackets);
  batch.mutable_header()->mutable_accounting()->set_pending(sequence * kPackets);
  for (uint64_t i = 0; i < kPackets; ++i) batch.add_time_ns(kNewestNs);
  return batch;
}

// Acks what the test lets it, over streams that end as the test says.
class FakeReceiver : public v1::FeatureService::Service {
 public:
  // Of the stream number `stream`, from 1; an error ends it. Acks the batch if it sets `ack`.
  std::function<absl::Status(int stream, const v1::PacketBatch&, bool* ack)> on_batch;
  std::function<void(int stream, AckWriter*)> on_open;

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
    return ServeLink<v1::PacketBatch>(context, stream, &streams_, [this](AckWriter* acks) {
      std::lock_guard lock(mutex_);
      return absl::StatusOr<std::unique_ptr<Handler>>(
          std::make_unique<Handler>(this, ++opened_, acks));
    });
  }
  std::vector<uint64_t> received(int stream) {
    std::lock_guard lock(mutex_);
    std::vector<uint64_t> sequences;
    for (const auto& [number, sequence] : received_) {
      if (number == stream) sequences.push_back(sequence);
    }
    return sequences;
  }
  void WaitForBatches(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return received_.size() >= count; }));
  }

 private:
  class Handler : public BatchHandler<v1::PacketBatch> {
   public:
    Handler(FakeReceiver* receiver, int number, AckWriter* acks)
        : receiver_(receiver), number_(number), acks_(acks) {
      if (receiver_->on_open) receiver_->on_open(number_, acks_);
    }
    absl::Status Consume(const v1::PacketBatch& batch) override {
      bool answers = true;
      {
        std::lock_guard lock(receiver_->mutex_);
        receiver_->received_.emplace_back(number_, batch.header().sequence());
        receiver_->changed_.notify_all();
      }
      if (receiver_->on_batch) {
        const absl::Status status = receiver_->on_batch(number_, batch, &answers);
        if (!status.ok()) return status;
      }
      if (!batch.header().replay_of_settled()) windowed_ += kPackets;
      v1::Ack ack;
      ack.set_origin("test");
      ack.set_run("1");
      ack.set_sequence(batch.header().sequence());
      ack.mutable_accounting()->set_windowed(windowed_);
      ack.set_keep_from_ns(kNewestNs + 1);
      if (answers) acks_->Write(ack);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return finished_; }
    void Abort() override {}

   private:
    FakeReceiver* const receiver_;
    const int number_;
    AckWriter* const acks_;
    uint64_t windowed_ = 0;
    absl::Status finished_ = absl::OkStatus();
  };

  OpenStreams streams_{"test"};
  std::mutex mutex_;
  std::condition_variable changed_;
  int opened_ = 0;                                  // guarded by mutex_
  std::vector<std::pair<int, uint64_t>> received_;  // stream, sequence; guarded by mutex_
};

class LinkSenderTest : public ::testing::Test {
 protected:
  using Sender = LinkSender<v1::PacketBatch>;

  std::unique_ptr<Sender> Open(LinkLimits limits = {}) {
    const RetryDelays delays{std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
    return std::make_unique<Sender>(
        "receiver", [this](grpc::ClientContext* context) { return stub_->Push(context); },
        Sender::Callbacks{[this](const v1::Ack& ack) { acks_.push_back(ack); },
                          [this] { failed_.set_value(); }},
        LinkOptions{limits, delays});
  }
  absl::Status Send(uint64_t sequence, Sender* sender) { return sender->Send(Batch(sequence)); }

  FakeReceiver receiver_;
  InProcessServer server_ = StartInProcessServer(&receiver_);
  std::unique_ptr<v1::FeatureService::Stub> stub_ = v1::FeatureService::NewStub(server_.channel);
  std::promise<void> failed_;
  std::vector<v1::Ack> acks_;  // read after Close
};

TEST_F(LinkSenderTest, WhatWasNotAckedIsSentAgainAfterABreak) {
  receiver_.on_batch = [](int stream, const v1::PacketBatch& batch, bool* ack) {
    if (stream > 1) return absl::OkStatus();
    *ack = batch.header().sequence() == 1;
    return batch.header().sequence() < 3 ? absl::OkStatus() : absl::UnavailableError("killed");
  };
  const auto sender = Open();
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_EQ(Send(i, sender.get()), absl::OkStatus());
  receiver_.WaitForBatches(5);
  ASSERT_EQ(Send(4, sender.get()), absl::OkStatus());
  EXPECT_EQ(sender->Close(), absl::OkStatus());
  EXPECT_THAT(receiver_.received(1), ElementsAre(1, 2, 3));
  EXPECT_THAT(receiver_.received(2), ElementsAre(2, 3, 4));
  EXPECT_EQ(acks_.back().sequence(), 4u);
  EXPECT_EQ(acks_.back().accounting().windowed(), 4 * kPackets) << "each packet counts once";
}

TEST_F(LinkSenderTest, WhatIsSentAgainHasTheTraceThatItHad) {
  std::vector<std::string> traces;  // of what came, from one thread at a time
  receiver_.on_batch = [&](int stream, const v1::PacketBatch& batch, bool*) {
    traces.push_back(ToTraceparent(batch.header().trace()));
    return stream < 3 ? absl::UnavailableError("killed") : absl::OkStatus();
  };
  v1::PacketBatch batch = Batch(1, true);
  *batch.mutable_header()->mutable_trace() = NewTrace();
  const auto sender = Open();
  ASSERT_EQ(sender->Send(batch), absl::OkStatus());
  EXPECT_EQ(sender->Close(), absl::OkStatus());
  EXPECT_THAT(traces, ElementsAre(ToTraceparent(batch.header().trace()), traces[0], traces[0]));
}

TEST_F(LinkSenderTest, ItGoesOnByItselfWithoutAnotherSend) {
  receiver_.on_batch = [](int stream, const v1::PacketBatch&, bool*) {
    return stream < 5 ? absl::UnavailableError("killed") : absl::OkStatus();
  };
  const auto sender = Open();
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  receiver_.WaitForBatches(5);
  EXPECT_EQ(sender->Close(), absl::OkStatus());
  EXPECT_EQ(acks_.size(), 1u);
}

TEST_F(LinkSenderTest, CloseWaitsForWhatABreakLeft) {
  receiver_.on_batch = [](int stream, const v1::PacketBatch&, bool*) {
    return stream == 1 ? absl::UnavailableError("killed") : absl::OkStatus();
  };
  const auto sender = Open();
  ASSERT_EQ(sender->Send(Batch(1, true)), absl::OkStatus());
  EXPECT_EQ(sender->Close(), absl::OkStatus());
  ASSERT_EQ(acks_.size(), 1u);
  EXPECT_EQ(acks_[0].sequence(), 1u);
}

TEST_F(LinkSenderTest, AnErrorThatWouldRepeatItselfEndsTheLink) {
  receiver_.on_batch = [](int, const v1::PacketBatch&, bool*) {
    return absl::InvalidArgumentError("wrong batch");
  };
  const auto sender = Open();
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  EXPECT_EQ(failed_.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(Send(2, sender.get()), absl::InvalidArgumentError("receiver: wrong batch"));
  EXPECT_EQ(sender->Close(), absl::InvalidArgumentError("receiver: wrong batch"));
}

TEST_F(LinkSenderTest, AReceiverThatAsksForTheEndIsHeard) {
  receiver_.on_open = [](int stream, AckWriter* acks) {
    if (stream == 1) acks->AskForEnd();
  };
  receiver_.on_batch = [](int stream, const v1::PacketBatch&, bool* ack) {
    *ack = stream == 2;
    return absl::OkStatus();
  };
  const auto sender = Open();
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  receiver_.WaitForBatches(1);
  EXPECT_EQ(sender->Close(), absl::OkStatus());
}

TEST_F(LinkSenderTest, SendWaitsWhileTheBufferIsFull) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  receiver_.on_batch = [released](int, const v1::PacketBatch&, bool*) {
    released.wait();
    return absl::OkStatus();
  };
  const auto sender = Open({.bytes = 1});
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  auto second = std::async(std::launch::async, [&] { return Send(2, sender.get()); });
  receiver_.WaitForBatches(1);
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  release.set_value();
  EXPECT_EQ(second.get(), absl::OkStatus());
  EXPECT_EQ(sender->Close(), absl::OkStatus());
  EXPECT_EQ(sender->use().bytes, 0u);
}

TEST_F(LinkSenderTest, CancelEndsASendThatWaitsAndAClose) {
  receiver_.on_batch = [](int, const v1::PacketBatch&, bool*) {
    return absl::UnavailableError("never well");
  };
  const auto sender = Open({.bytes = 1});
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  auto second = std::async(std::launch::async, [&] { return Send(2, sender.get()); });
  receiver_.WaitForBatches(2);
  sender->Cancel();
  EXPECT_TRUE(absl::IsCancelled(second.get()));
  EXPECT_TRUE(absl::IsCancelled(sender->Close()));
}

TEST_F(LinkSenderTest, CloseGivesUpAfterItsPatience) {
  receiver_.on_batch = [](int, const v1::PacketBatch&, bool*) {
    return absl::UnavailableError("never well");
  };
  const auto sender = Open();
  ASSERT_EQ(Send(1, sender.get()), absl::OkStatus());
  EXPECT_TRUE(absl::IsUnavailable(sender->Close(std::chrono::milliseconds(20))));
}

TEST_F(LinkSenderTest, OneThatSentNothingHasNothingToClose) {
  EXPECT_EQ(Open()->Close(), absl::OkStatus());
}

TEST_F(LinkSenderTest, AReceiverThatCannotBeReachedIsTriedUntilItCan) {
  auto nowhere = v1::FeatureService::NewStub(OpenChannel("127.0.0.1:1"));
  std::atomic<int> tries = 0;
  Sender sender(
      "receiver",
      [&](grpc::ClientContext* context) { return (++tries < 3 ? nowhere : stub_)->Push(context); },
      {[this](const v1::Ack& ack) { acks_.push_back(ack); }},
      {{}, {std::chrono::milliseconds(1), std::chrono::milliseconds(2)}});
  ASSERT_EQ(Send(1, &sender), absl::OkStatus());
  EXPECT_EQ(sender.Close(), absl::OkStatus());
  EXPECT_EQ(acks_.size(), 1u);
  EXPECT_EQ(tries, 3);
}

}  // namespace
}  // namespace silhouette
