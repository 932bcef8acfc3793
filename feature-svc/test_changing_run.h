#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "feature-svc/test_packets.h"

// Runs whose specs change, for tests.
namespace silhouette::test_packets {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

using Specs = std::vector<v1::WindowSpec>;
using RowsBySpec = std::map<std::string, std::vector<Row>>;

inline int64_t HorizonOf(const v1::WindowSpec& spec) {
  return (*FindSchema(spec.schema()))->horizon_ns;
}

// An engine whose specs change between its batches. Checks what holds of every window batch.
class ChangingRun {
 public:
  explicit ChangingRun(const Specs& specs, int64_t lateness_ns = 0, FeatureLimits limits = {})
      : engine_(MakeEngine(specs, limits)), maker_(lateness_ns) {
    Note(specs);
  }

  void Change(const Specs& specs) {
    ASSERT_EQ(engine_->SetSpecs({specs, SpecSetHash(specs)}), absl::OkStatus());
    Note(specs);
  }
  void Push(std::span<const Packet> packets, bool end_of_run = false) {
    for (const Packet& packet : packets) newest_ns_ = std::max(newest_ns_, packet.time_ns);
    Consume(maker_.Make(packets, end_of_run));
  }
  // A batch of a link on which nothing came up to `watermark_ns`.
  void PushSilence(int64_t watermark_ns) {
    v1::PacketBatch batch = maker_.Make({});
    batch.mutable_header()->set_watermark_ns(watermark_ns);
    Consume(batch);
  }
  // All packet batches are settled, and every packet has its place.
  void End() {
    Push({}, true);
    EXPECT_EQ(SettledBy(window_batches_), packet_batches_);
    EXPECT_EQ(accounts_.pending(), 0u);
  }
  // The last packet batch that is settled when this window batch is.
  uint64_t SettledBy(uint64_t window_batch) {
    v1::Ack ack;
    ack.set_sequence(window_batch);
    return engine_->AckFor(ack).sequence();
  }

  const std::vector<Row>& rows(const v1::WindowSpec& spec) { return rows_[SpecText(spec)]; }
  const RowsBySpec& rows() const { return rows_; }
  const std::vector<std::string>& hashes() const { return hashes_; }  // of the window batches
  const v1::Accounting& accounts() const { return accounts_; }
  FeatureUse use() const { return engine_->use(); }
  int64_t newest_ns() const { return newest_ns_; }
  int64_t watermark_ns() const { return watermark_ns_; }
  uint64_t packet_batches() const { return packet_batches_; }
  uint64_t window_batches() const { return window_batches_; }

 private:
  void Note(const Specs& specs) {
    hash_ = SpecSetHash(specs);
    texts_.clear();
    for (const v1::WindowSpec& spec : specs) texts_.insert(SpecText(spec));
  }
  void Consume(const v1::PacketBatch& batch) {
    ++packet_batches_;
    watermark_ns_ = batch.header().watermark_ns();
    ASSERT_EQ(engine_->Consume(batch, [this](const v1::WindowBatch& b) { return Keep(b); }),
              absl::OkStatus());
  }
  absl::Status Keep(const v1::WindowBatch& batch) {
    EXPECT_EQ(batch.spec_set_hash(), hash_);
    EXPECT_EQ(batch.header().sequence(), ++window_batches_);
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    EXPECT_GE(batch.header().accounting().windowed(), accounts_.windowed());
    EXPECT_GE(FilteredPackets(batch.header().accounting()), FilteredPackets(accounts_));
    EXPECT_GE(batch.header().watermark_ns(), promised_ns_) << "it goes back";
    for (const v1::WindowTable& table : batch.tables()) {
      EXPECT_TRUE(texts_.contains(SpecText(table.spec()))) << SpecText(table.spec());
      const auto& starts = table.start_ns();
      EXPECT_GE(*std::min_element(starts.begin(), starts.end()), promised_ns_);
      AppendRows(table, &rows_[SpecText(table.spec())]);
    }
    promised_ns_ = batch.header().watermark_ns();
    accounts_ = batch.header().accounting();
    hashes_.push_back(batch.spec_set_hash());
    return absl::OkStatus();
  }

  const std::unique_ptr<FeatureEngine> engine_;
  BatchMaker maker_;
  std::string hash_;             // of the specs now
  std::set<std::string> texts_;  // theirs
  int64_t newest_ns_ = kNever;
  int64_t watermark_ns_ = kNever;
  int64_t promised_ns_ = kNever;  // no window starts before
  uint64_t packet_batches_ = 0;
  uint64_t window_batches_ = 0;
  v1::Accounting accounts_;
  RowsBySpec rows_;
  std::vector<std::string> hashes_;
};

// What one run of all these specs gives.
inline RowsBySpec WithoutChange(const std::vector<Packet>& packets, const Specs& specs) {
  ChangingRun run(specs);
  run.Push(packets);
  run.End();
  return run.rows();
}

// Those that start in [from, ...) and end by `closed_ns`.
inline std::vector<Row> Between(const std::vector<Row>& rows, int64_t length_ns, int64_t from_ns,
                                int64_t closed_ns = kForever) {
  std::vector<Row> some;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(some), [&](const Row& row) {
    return row.start_ns >= from_ns &&
           (closed_ns == kForever || row.start_ns + length_ns <= closed_ns);
  });
  return some;
}

}  // namespace silhouette::test_packets
