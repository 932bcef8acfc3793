// Whatever breaks and whenever, the windows that are stored in the end, and the accounts, are those
// of a run that nothing broke: a link's buffer and engines that begin anew, without gRPC.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <tuple>

#include "common/link_buffer.h"
#include "feature-svc/test_shedding.h"

namespace silhouette {
namespace {

using namespace test_packets;

std::vector<v1::WindowSpec> Specs() {
  std::vector<v1::WindowSpec> specs;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1,protocol=udp",
                           "subject=conversation,window=500ms,schema=presence.v2.ratio",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1"}) {
    specs.push_back(*ParseSpec(text));
  }
  return specs;
}

// First write wins, as in the gateway's store.
struct Store {
  using Key = std::tuple<std::string, std::string, int64_t>;  // spec, subject, window start
  std::map<Key, Row> rows;
  v1::Accounting accounting;
  bool ended = false;

  void Add(const v1::WindowBatch& batch) {
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    for (const v1::WindowTable& table : batch.tables()) {
      std::vector<Row> added;
      AppendRows(table, &added);
      for (Row& row : added) {
        const Key key(SpecText(table.spec()), row.subject, row.start_ns);
        const auto [at, is_new] = rows.emplace(key, row);
        EXPECT_TRUE(is_new || at->second == row || at->second.partial || row.partial)
            << row.subject << " at " << row.start_ns << " was another before";
      }
    }
    if (batch.header().accounting().received() >= accounting.received()) {
      accounting = batch.header().accounting();
    }
    ended = ended || batch.header().end_of_run();
  }
};

// A sender, and a receiver that dies now and then with all that it knows.
class BrokenRun {
 public:
  BrokenRun(uint32_t seed, LinkLimits limits) : random_(seed), buffer_(limits) { Restart(); }

  void Send(v1::PacketBatch batch) {
    buffer_.Add(std::make_shared<v1::PacketBatch>(std::move(batch)));
    Work();
  }
  void Finish() {
    for (int i = 0; i < 100'000 && !buffer_.all_settled(); ++i) Work();
    EXPECT_TRUE(buffer_.all_settled());
    EXPECT_EQ(buffer_.use().bytes, 0u) << "the end of a run frees all of it";
  }

  const Store& store() const { return store_; }
  const LinkUse& use() const { return buffer_.use(); }
  const v1::Accounting& told() const { return told_; }
  int restarts() const { return restarts_; }

 private:
  bool Happens(uint32_t one_in) { return random_() % one_in == 0; }

  void Restart() {
    for (const v1::Ack& ack : buffer_.Rewind()) told_ = ack.accounting();
    engine_ = MakeEngine(Specs());
    unstored_.clear();
    ++restarts_;
  }
  void Work() {
    if (Happens(40)) Restart();
    for (auto batch = buffer_.Next(); batch != nullptr; batch = buffer_.Next()) {
      EXPECT_TRUE(Balanced(batch->header().accounting()));
      const absl::Status status = engine_->Consume(*batch, [&](const v1::WindowBatch& windows) {
        unstored_.push_back(windows);
        return absl::OkStatus();
      });
      ASSERT_EQ(status, absl::OkStatus());
      buffer_.MarkSent();
      if (Happens(3)) StoreSome();
      if (Happens(60)) return Restart();
    }
    StoreSome();
  }
  // The ack of what is stored may be lost on its way.
  void StoreSome() {
    for (size_t count = random_() % 4; count > 0 && !unstored_.empty(); --count) {
      const v1::WindowBatch batch = std::move(unstored_.front());
      unstored_.pop_front();
      store_.Add(batch);
      v1::Ack ack;
      ack.set_origin("test");
      ack.set_run("1");
      ack.set_sequence(batch.header().sequence());
      const v1::Ack packets_ack = engine_->AckFor(ack);
      if (Happens(5)) return Restart();
      if (auto told = buffer_.Settle(packets_ack)) told_ = told->accounting();
    }
  }

  std::minstd_rand random_;
  LinkBuffer<v1::PacketBatch> buffer_;
  std::unique_ptr<FeatureEngine> engine_;
  std::deque<v1::WindowBatch> unstored_;
  Store store_;
  v1::Accounting told_;
  int restarts_ = -1;
};

Store Undisturbed(const std::vector<v1::PacketBatch>& batches) {
  Store store;
  const auto engine = MakeEngine(Specs());
  for (const v1::PacketBatch& batch : batches) {
    EXPECT_EQ(engine->Consume(batch,
                              [&](const v1::WindowBatch& windows) {
                                store.Add(windows);
                                return absl::OkStatus();
                              }),
              absl::OkStatus());
  }
  return store;
}

constexpr size_t kBatchPackets = 20;

std::vector<Packet> Arrivals(uint32_t seed) {
  Traffic traffic(seed);
  std::vector<Packet> packets = traffic.Make(1500);
  for (Packet& packet : packets) packet.host = static_cast<uint8_t>(9 + packet.host % 4);
  return traffic.Arrive(packets);
}

std::vector<v1::PacketBatch> Batches(uint32_t seed) {
  return MakeSheddingRun(Arrivals(seed), kBatchPackets, [](size_t) { return 0u; }).batches;
}

void ExpectSame(const Store& store, const Store& expected) {
  EXPECT_EQ(store.rows.size(), expected.rows.size());
  EXPECT_TRUE(store.rows == expected.rows);
  EXPECT_TRUE(store.ended);
  EXPECT_EQ(store.accounting.SerializeAsString(), expected.accounting.SerializeAsString());
}

TEST(EngineReplayProperty, ARunThatBreaksGivesWhatAnUndisturbedOneGives) {
  int restarts = 0;
  for (uint32_t seed = 1; seed <= 2; ++seed) {
    const std::vector<v1::PacketBatch> batches = Batches(seed);
    BrokenRun broken(seed, {});
    for (const v1::PacketBatch& batch : batches) broken.Send(batch);
    broken.Finish();
    ExpectSame(broken.store(), Undisturbed(batches));
    EXPECT_EQ(broken.told().windowed(), broken.store().accounting.windowed());
    EXPECT_EQ(broken.told().shed(), 0u);
    restarts += broken.restarts();
  }
  EXPECT_GT(restarts, 15);
}

// Also what context has to tell: whose packets were left out before the break.
TEST(EngineReplayProperty, ARunThatShedsAndBreaksGivesWhatOneThatOnlyShedsGives) {
  size_t partial = 0, whole = 0;
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    // Shares that change, pauses between, and now and then all that comes.
    const auto share_of = [](size_t batch) -> uint32_t {
      const auto step = static_cast<uint32_t>(batch / 5 % 5);
      return batch % 31 == 0 ? kShedShares : step < 3 ? 0 : step * 40;
    };
    const SheddingRun run = MakeSheddingRun(Arrivals(seed), kBatchPackets, share_of);
    EXPECT_GT(run.shed, 100u);
    BrokenRun broken(seed, {});
    for (const v1::PacketBatch& batch : run.batches) broken.Send(batch);
    broken.Finish();
    ExpectSame(broken.store(), Undisturbed(run.batches));
    EXPECT_EQ(broken.store().accounting.shed(), run.shed);
    EXPECT_GT(broken.restarts(), 3);
    for (const auto& [key, row] : broken.store().rows) ++(row.partial ? partial : whole);
  }
  EXPECT_GT(partial, 100u);
  EXPECT_GT(whole, 100u);
}

// Too small for what windows and horizons need: nothing waits for ever, what is lost is counted
// and the windows say so.
TEST(EngineReplayProperty, WhatABufferCouldNotHoldIsShedAndItsWindowsArePartial) {
  uint64_t shed = 0, partial = 0;
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    const std::vector<v1::PacketBatch> batches = Batches(seed);
    const size_t bytes = 4 * batches[0].SpaceUsedLong();
    BrokenRun broken(seed, {.bytes = 2 * bytes, .unsent_bytes = bytes, .forgets = true});
    for (const v1::PacketBatch& batch : batches) broken.Send(batch);
    broken.Finish();
    const Store expected = Undisturbed(batches);
    EXPECT_TRUE(broken.store().ended);
    for (const auto& [key, row] : broken.store().rows) {
      partial += row.partial ? 1 : 0;
      if (row.partial) continue;
      const auto at = expected.rows.find(key);
      ASSERT_NE(at, expected.rows.end());
      EXPECT_EQ(at->second.values, row.values) << "a window that is not marked is a whole one";
    }
    const v1::Accounting& accounting = broken.store().accounting;
    EXPECT_EQ(accounting.pending(), 0u);
    EXPECT_EQ(accounting.received(), expected.accounting.received());
    EXPECT_EQ(broken.use().shed_packets, accounting.shed());
    shed += accounting.shed();
  }
  EXPECT_GT(shed, 0u);
  EXPECT_GT(partial, 0u);
}

}  // namespace
}  // namespace silhouette
