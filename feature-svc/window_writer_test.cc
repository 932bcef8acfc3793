#include "feature-svc/window_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/packet_bits.h"
#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WindowWriterTest : public ::testing::Test {
 protected:
  static WindowTask MakeTask(int64_t length_ns) {
    const v1::WindowSpec spec = PresenceSpec(length_ns);
    return WindowTask(spec, *FindSchema(spec.schema()), *FindExtractor(spec.schema()), 0, {});
  }
  // One whose features are all `value`.
  void Add(uint32_t id, const std::string& subject, int64_t start_ns, double value = 0,
           bool partial = false) {
    std::fill_n(writer_.Add(id, subject, start_ns, partial), kFeatures, value);
  }
  const v1::WindowTable& table(int i) { return writer_.batch()->tables(i); }

  static constexpr int kFeatures = 9;
  const WindowTask task_ = MakeTask(kSecond / 2);
  const WindowTask other_task_ = MakeTask(kSecond);
  std::vector<v1::WindowBatch> flushed_;
  WindowWriter writer_{[this](v1::WindowBatch* batch) {
    flushed_.push_back(*batch);
    batch->Clear();
  }};
};

TEST_F(WindowWriterTest, ATableAppearsWithItsFirstWindow) {
  writer_.StartTable(task_);
  EXPECT_THAT(writer_.batch()->tables(), IsEmpty());
  Add(0, "a", 5);
  writer_.StartTable(task_);
  writer_.StartTable(other_task_);
  Add(0, "a", 5);
  ASSERT_THAT(writer_.batch()->tables(), SizeIs(2));
  EXPECT_EQ(SpecText(table(0).spec()), SpecText(task_.spec()));
  EXPECT_EQ(SpecText(table(1).spec()), SpecText(other_task_.spec()));
  EXPECT_EQ(table(1).schema_hash(), (*FindSchema("presence.v1"))->Hash());
}

TEST_F(WindowWriterTest, ARowHoldsWhatWasFilledIn) {
  writer_.StartTable(task_);
  Add(3, "a", 5, 1.5);
  Add(4, "b", 6, 2.5);
  EXPECT_THAT(table(0).start_ns(), ElementsAre(5, 6));
  ASSERT_THAT(table(0).values(), SizeIs(2 * kFeatures));
  for (int i = 0; i < kFeatures; ++i) {
    EXPECT_EQ(table(0).values(i), 1.5);
    EXPECT_EQ(table(0).values(kFeatures + i), 2.5);
  }
}

TEST_F(WindowWriterTest, ASubjectIsNamedOncePerTable) {
  writer_.StartTable(task_);
  for (int64_t start_ns : {0, 1, 2}) {
    Add(70, "a", start_ns);
    Add(5, "b", start_ns);
  }
  EXPECT_THAT(table(0).subjects(), ElementsAre("a", "b"));
  EXPECT_THAT(table(0).subject(), ElementsAre(0, 1, 0, 1, 0, 1));
  writer_.StartTable(other_task_);
  Add(5, "b", 0);
  EXPECT_THAT(table(1).subjects(), ElementsAre("b"));
  EXPECT_THAT(table(1).subject(), ElementsAre(0));
}

TEST_F(WindowWriterTest, ANumberMayBeAnotherSubjectInTheNextTable) {
  writer_.StartTable(task_);
  Add(0, "a", 0);
  writer_.StartTable(task_);
  Add(0, "b", 0);
  EXPECT_THAT(table(1).subjects(), ElementsAre("b"));
}

TEST_F(WindowWriterTest, AWindowIsFlaggedWhereItIsPartial) {
  writer_.StartTable(task_);
  Add(0, "a", 0, 0, /*partial=*/false);
  Add(1, "b", 0, 0, /*partial=*/true);
  Add(0, "a", 1, 0, /*partial=*/false);
  EXPECT_EQ(table(0).flags(), (std::string{0, kWindowPartial, 0}));
}

TEST_F(WindowWriterTest, AFullBatchIsFlushedAndItsTableGoesOnInTheNext) {
  constexpr int kFull = WindowWriter::kMaxValues / kFeatures;
  writer_.StartTable(task_);
  for (int i = 0; i < kFull; ++i) Add(0, "a", i);
  EXPECT_THAT(flushed_, IsEmpty());
  Add(0, "a", kFull, 1.5);
  ASSERT_THAT(flushed_, SizeIs(1));
  EXPECT_THAT(flushed_[0].tables(0).start_ns(), SizeIs(kFull));
  EXPECT_THAT(table(0).start_ns(), ElementsAre(kFull));
  EXPECT_THAT(table(0).subjects(), ElementsAre("a")) << "each table names its own";
  EXPECT_EQ(SpecText(table(0).spec()), SpecText(task_.spec()));
  EXPECT_EQ(table(0).values(0), 1.5);
}

TEST_F(WindowWriterTest, TheTablesOfABatchFillItTogether) {
  constexpr int kFull = WindowWriter::kMaxValues / kFeatures;
  writer_.StartTable(task_);
  for (int i = 0; i < 10; ++i) Add(0, "a", i);
  writer_.StartTable(other_task_);
  for (int i = 0; i < kFull - 10 + 1; ++i) Add(0, "a", i);
  ASSERT_THAT(flushed_, SizeIs(1));
  EXPECT_THAT(flushed_[0].tables(), SizeIs(2));
  EXPECT_THAT(table(0).start_ns(), SizeIs(1));
}

TEST_F(WindowWriterTest, ABatchThatWasTakenStartsEmpty) {
  constexpr int kFull = WindowWriter::kMaxValues / kFeatures;
  for (int batch = 0; batch < 3; ++batch) {
    writer_.StartTable(task_);
    for (int i = 0; i < kFull; ++i) Add(0, "a", i);
    writer_.batch()->Clear();
  }
  EXPECT_THAT(flushed_, IsEmpty());
}

}  // namespace
}  // namespace silhouette
