// feature-svc between a sender of packets and a classify-svc whose models change.

#include "feature-svc/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/grpc_server.h"
#include "common/link_sender.h"
#include "feature-svc/model_watcher.h"
#include "feature-svc/test_changing_run.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::Each;

constexpr std::chrono::seconds kPatience(30);  // a test that works never waits so long

v1::WindowSpec Talk() { return *ParseSpec("subject=conversation,window=500ms,schema=presence.v1"); }
v1::WindowSpec Device() { return *ParseSpec("subject=device,window=1s,schema=presence.v1"); }

SpecSet SetOf(const Specs& specs) { return {specs, SpecSetHash(specs)}; }

// Keeps and acks all window batches, whatever their hash; tells of models what the test loads.
class FakeClassifyService final : public v1::ClassifyService::Service {
 public:
  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::WindowBatch>* stream) override {
    return ServeLink<v1::WindowBatch>(context, stream, &streams_, [this](AckWriter* acks) {
      return absl::StatusOr<std::unique_ptr<Handler>>(std::make_unique<Handler>(this, acks));
    });
  }

  grpc::Status WatchModels(grpc::ServerContext* context, const v1::WatchModelsRequest*,
                           grpc::ServerWriter<v1::WatchModelsResponse>* writer) override {
    std::unique_lock lock(mutex_);
    const int watch = ++watches_;
    changed_.notify_all();
    while (watch > broken_ && !context->IsCancelled()) {
      if (untold_.has_value()) {
        v1::WatchModelsResponse response;
        *response.mutable_specs() = {untold_->specs.begin(), untold_->specs.end()};
        response.set_spec_set_hash(untold_->hash);
        untold_.reset();
        writer->Write(response);
      }
      changed_.wait_for(lock, std::chrono::milliseconds(200));
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the watch breaks");
  }

  void Load(const Specs& specs) {
    std::lock_guard lock(mutex_);
    untold_ = SetOf(specs);
    changed_.notify_all();
  }
  // Ends the watch, and waits until the watcher is back; it is told nothing then.
  void BreakWatch() {
    std::unique_lock lock(mutex_);
    broken_ = watches_;
    changed_.notify_all();
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return watches_ > broken_; }));
  }
  void WaitForWindowsUpTo(int64_t watermark_ns) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] {
      return !batches_.empty() && batches_.back().header().watermark_ns() >= watermark_ns;
    }));
  }
  std::vector<v1::WindowBatch> batches() {
    std::lock_guard lock(mutex_);
    return batches_;
  }
  // Acks nothing, and refuses once the models are others, as a classify-svc that comes back with
  // them does.
  void TakeOnly(const std::string& hash) {
    std::lock_guard lock(mutex_);
    only_ = hash;
  }

 private:
  class Handler : public BatchHandler<v1::WindowBatch> {
   public:
    Handler(FakeClassifyService* service, AckWriter* acks) : service_(service), acks_(acks) {}
    absl::Status Consume(const v1::WindowBatch& batch) override {
      {
        std::lock_guard lock(service_->mutex_);
        if (!service_->only_.empty() && batch.spec_set_hash() != service_->only_) {
          return absl::UnavailableError("windows of another spec set");
        }
        service_->batches_.push_back(batch);
        service_->changed_.notify_all();
      }
      v1::Ack ack;
      ack.set_origin(batch.header().origin());
      ack.set_run(batch.header().run());
      ack.set_sequence(batch.header().sequence());
      acks_->Write(ack);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return absl::OkStatus(); }
    void Abort() override {}

   private:
    FakeClassifyService* const service_;
    AckWriter* const acks_;
  };

  OpenStreams streams_{"test"};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<SpecSet> untold_;         // guarded by mutex_
  std::string only_;                      // empty: all hashes; guarded by mutex_
  int watches_ = 0;                       // that began; guarded by mutex_
  int broken_ = 0;                        // those up to it ended; guarded by mutex_
  std::vector<v1::WindowBatch> batches_;  // guarded by mutex_
};

class FeatureServiceTest : public ::testing::Test {
 protected:
  ~FeatureServiceTest() override {
    feature_.StopIntake(std::chrono::milliseconds(0));
    feature_server_.server->Shutdown();
    watcher_.reset();
    classify_server_.server->Shutdown();
  }

  void Watch() {
    watcher_.emplace(classify_server_.channel, [this](SpecSet specs) {
      const std::string hash = specs.hash;
      feature_.SetSpecs(std::move(specs));
      std::lock_guard lock(mutex_);
      told_hash_ = hash;
      told_.notify_all();
    });
  }
  void LoadAndWait(const Specs& specs) {
    classify_.Load(specs);
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(told_.wait_for(lock, kPatience, [&] { return told_hash_ == SpecSetHash(specs); }));
  }

  // In batches of half a second, a packet each 50 ms.
  absl::Status Send(int64_t from_ns, int64_t to_ns) {
    for (int64_t at_ns = from_ns; at_ns < to_ns; at_ns += kSecond / 2) {
      std::vector<Packet> packets;
      for (int64_t i = 0; i < 10; ++i) packets.push_back({at_ns + i * 50 * kMilli});
      sent_.insert(sent_.end(), packets.begin(), packets.end());
      if (absl::Status status = sender_.Send(maker_.Make(packets)); !status.ok()) return status;
      ++sent_batches_;
    }
    return absl::OkStatus();
  }
  absl::Status End() {
    ++sent_batches_;
    if (absl::Status status = sender_.Send(maker_.Make({}, true)); !status.ok()) return status;
    return sender_.Close();
  }
  std::vector<std::string> Hashes() {
    std::vector<std::string> hashes;
    for (const auto& batch : classify_.batches()) hashes.push_back(batch.spec_set_hash());
    return hashes;
  }
  std::vector<Row> Rows(const v1::WindowSpec& spec) {
    std::vector<Row> rows;
    for (const v1::WindowBatch& batch : classify_.batches()) {
      for (const v1::WindowTable& table : batch.tables()) {
        if (SpecText(table.spec()) == SpecText(spec)) AppendRows(table, &rows);
      }
    }
    return rows;
  }

  FakeClassifyService classify_;
  InProcessServer classify_server_ = StartInProcessServer(&classify_);
  FeatureService feature_{classify_server_.channel};
  InProcessServer feature_server_ = StartInProcessServer(&feature_);
  std::optional<ModelWatcher> watcher_;
  std::mutex mutex_;
  std::condition_variable told_;
  std::string told_hash_;  // guarded by mutex_

  const std::unique_ptr<v1::FeatureService::Stub> stub_ =
      v1::FeatureService::NewStub(feature_server_.channel);
  BatchMaker maker_;
  std::vector<Packet> sent_;
  uint64_t sent_batches_ = 0;
  std::atomic<uint64_t> settled_ = 0;  // the last packet batch
  LinkSender<v1::PacketBatch> sender_{
      "feature-svc",
      [this](grpc::ClientContext* context) { return stub_->Push(context); },
      {[this](const v1::Ack& ack) { settled_ = ack.sequence(); }}};
};

TEST_F(FeatureServiceTest, AChangeOfTheModelsReachesARunThatGoesOn) {
  Watch();
  LoadAndWait({Talk()});
  ASSERT_EQ(Send(0, 3 * kSecond), absl::OkStatus());
  classify_.WaitForWindowsUpTo(2500 * kMilli);
  const size_t before = Hashes().size();
  LoadAndWait({Device(), Talk()});
  ASSERT_EQ(Send(3 * kSecond, 20 * kSecond), absl::OkStatus());
  ASSERT_EQ(End(), absl::OkStatus());

  std::vector<std::string> hashes = Hashes();
  ASSERT_GT(hashes.size(), before);
  const auto change = hashes.begin() + static_cast<std::ptrdiff_t>(before);
  EXPECT_THAT(std::vector(hashes.begin(), change), Each(SpecSetHash({Talk()})));
  EXPECT_THAT(std::vector(change, hashes.end()), Each(SpecSetHash({Device(), Talk()})));
  const RowsBySpec whole = WithoutChange(sent_, {Device(), Talk()});
  EXPECT_TRUE(Rows(Talk()) == whole.at(SpecText(Talk())));
  EXPECT_TRUE(Rows(Device()) == Between(whole.at(SpecText(Device())), kSecond, 8 * kSecond));
  EXPECT_EQ(settled_, sent_batches_);
}

TEST_F(FeatureServiceTest, TheLastModelsStandWhereTheirWatchBreaks) {
  Watch();
  LoadAndWait({Talk()});
  ASSERT_EQ(Send(0, 3 * kSecond), absl::OkStatus());
  classify_.BreakWatch();
  ASSERT_EQ(Send(3 * kSecond, 6 * kSecond), absl::OkStatus());
  ASSERT_EQ(End(), absl::OkStatus());
  EXPECT_THAT(Hashes(), Each(SpecSetHash({Talk()})));
  EXPECT_TRUE(Rows(Talk()) == WithoutChange(sent_, {Talk()}).at(SpecText(Talk())));
  EXPECT_EQ(settled_, sent_batches_);
}

TEST_F(FeatureServiceTest, EachBatchHasTheWindowsOfItsHashHoweverFastModelsChange) {
  const std::vector<Specs> sets = {{Talk()}, {Talk(), Device()}};
  feature_.SetSpecs(SetOf(sets[0]));
  std::atomic<bool> done = false;
  std::thread changes([&] {
    for (size_t i = 1; !done; ++i) {
      feature_.SetSpecs(SetOf(sets[i % 2]));
      std::this_thread::yield();
    }
  });
  const absl::Status sent = Send(0, 200 * kSecond);
  done = true;
  changes.join();
  ASSERT_EQ(sent, absl::OkStatus());
  ASSERT_EQ(End(), absl::OkStatus());
  for (const v1::WindowBatch& batch : classify_.batches()) {
    const bool both = batch.spec_set_hash() == SpecSetHash(sets[1]);
    ASSERT_TRUE(both || batch.spec_set_hash() == SpecSetHash(sets[0]));
    for (const v1::WindowTable& table : batch.tables()) {
      EXPECT_TRUE(both || SpecText(table.spec()) == SpecText(Talk()));
    }
    EXPECT_TRUE(Balanced(batch.header().accounting()));
  }
  EXPECT_TRUE(Rows(Talk()) == WithoutChange(sent_, {Talk()}).at(SpecText(Talk())));
  EXPECT_EQ(settled_, sent_batches_);
}

TEST_F(FeatureServiceTest, ModelsThatThisBuildCannotServeEndTheStreamAndItSaysWhy) {
  feature_.SetSpecs(SetOf({Talk()}));
  ASSERT_EQ(Send(0, 3 * kSecond), absl::OkStatus());
  classify_.WaitForWindowsUpTo(2500 * kMilli);
  v1::WindowSpec unknown = Talk();
  unknown.set_schema("future.v9");
  feature_.SetSpecs(SetOf({Talk(), unknown}));
  absl::Status status = Send(3 * kSecond, 4 * kSecond);
  if (status.ok()) status = End();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("future.v9"));
}

TEST_F(FeatureServiceTest, WindowsOfModelsThatAreGoneAreMadeAgainForThoseThatCame) {
  feature_.SetSpecs(SetOf({Talk()}));
  classify_.TakeOnly(SpecSetHash({Device()}));  // it is down, and comes back with other models
  ASSERT_EQ(Send(0, 3 * kSecond), absl::OkStatus());
  feature_.SetSpecs(SetOf({Device()}));
  ASSERT_EQ(End(), absl::OkStatus());
  EXPECT_THAT(Hashes(), Each(SpecSetHash({Device()})));
  EXPECT_TRUE(Rows(Device()) == WithoutChange(sent_, {Device()}).at(SpecText(Device())));
  EXPECT_EQ(settled_, sent_batches_);
}

TEST_F(FeatureServiceTest, AWatchThatTellsTheSameAgainChangesNothing) {
  Watch();
  LoadAndWait({Talk()});
  ASSERT_EQ(Send(0, 3 * kSecond), absl::OkStatus());
  feature_.SetSpecs(SetOf({Talk()}));
  ASSERT_EQ(Send(3 * kSecond, 6 * kSecond), absl::OkStatus());
  ASSERT_EQ(End(), absl::OkStatus());
  EXPECT_TRUE(Rows(Talk()) == WithoutChange(sent_, {Talk()}).at(SpecText(Talk())));
}

}  // namespace
}  // namespace silhouette
