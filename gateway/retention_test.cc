#include "gateway/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grid.h"
#include "common/test_folder.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RetentionTest : public ::testing::Test {
 protected:
  void Add(const v1::VerdictBatch& batch) { ASSERT_TRUE(store_->Add(batch).ok()); }
  // Steps until nothing is left to do.
  Retention::Deleted Run(const RetentionOptions& options) {
    Retention retention(store_.get(), options);
    Retention::Deleted all;
    while (!all.done) {
      const auto step = retention.Step();
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok()) break;
      all.verdicts += step->verdicts;
      all.features += step->features;
      all.done = step->done;
    }
    return all;
  }
  std::vector<NumberedVerdict> All() { return *store_->ReadBehind(0, 100'000); }
  int64_t Count(const std::string& table) {
    const auto lease = store_->Read();
    auto select = *lease.database->Prepare("SELECT COUNT(*) FROM " + table);
    return *ReadNumber(&select);
  }

  TemporaryFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::unique_ptr<VerdictStore> store_ =
      *VerdictStore::Open(folder_.File("verdicts.db"), [this] { return now_; });
};

TEST_F(RetentionTest, AgesCountFromTheStoringWhateverTheWindowsTime) {
  Add(BatchOf("old").Add(0, "a", 1));
  now_ += absl::Hours(10);
  Add(BatchOf("new").Add(0, "a", 1));  // of 1970 as well
  RetentionOptions options{.verdicts = absl::Hours(5), .features = absl::Hours(5)};
  EXPECT_EQ(Run(options).verdicts, 1u);
  ASSERT_THAT(All(), SizeIs(1));
  EXPECT_EQ(All()[0].verdict.run(), "new");
}

TEST_F(RetentionTest, FeaturesGoBeforeTheirVerdicts) {
  Add(BatchOf("1").Add(0, "a", 1));
  now_ += absl::Hours(2);
  Add(BatchOf("1").Add(1, "a", 1));
  EXPECT_EQ(Run({.features = absl::Hours(1)}).features, 1u);
  const auto left = All();
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_THAT(left[0].verdict.features(), IsEmpty());
  EXPECT_THAT(left[0].verdict.probabilities(), SizeIs(2));
  EXPECT_THAT(left[1].verdict.features(), SizeIs(9));
}

TEST_F(RetentionTest, AboveItsSizeTheOldestGoWhateverTheirAge) {
  for (int64_t batch = 0; batch < 20; ++batch) {
    BatchOf verdicts("1");
    for (int64_t i = 0; i < 1000; ++i) verdicts.Add(batch * 1000 + i, "a", 1);
    Add(verdicts);
  }
  const auto before = *store_->Usage();
  RetentionOptions options{.store_bytes = before.bytes / 2};
  const auto deleted = Run(options);
  const auto after = *store_->Usage();
  EXPECT_LE(after.bytes - after.free_bytes, options.store_bytes);
  EXPECT_GT(deleted.verdicts, 5'000u);
  EXPECT_LT(deleted.verdicts, 15'000u);
  EXPECT_EQ(All().front().number, static_cast<int64_t>(deleted.verdicts) + 1);
  EXPECT_EQ(after.verdicts, 20'000 - deleted.verdicts);
}

TEST_F(RetentionTest, CountsByTheHourOutliveTheVerdicts) {
  Add(BatchOf("1").Add(0, "a", 1).Add(1, "a", 0).Ended());
  now_ += absl::Hours(10);
  const int64_t run = store_->FindRun("", "")->id;
  Run({.verdicts = absl::Hours(5)});
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_THAT(*store_->ListSubjects(run), IsEmpty());
  EXPECT_THAT(*store_->ReadHours(run, "a", "", -kLastPlausibleNs, kLastPlausibleNs), SizeIs(2));
  EXPECT_TRUE(store_->FindRun("", "1").ok());
  now_ += absl::Hours(10);
  Run({.verdicts = absl::Hours(5), .summaries = absl::Hours(5)});
  EXPECT_THAT(*store_->ReadHours(run, "a", "", -kLastPlausibleNs, kLastPlausibleNs), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(store_->FindRun("", "1").status()));
  EXPECT_EQ(Count("subject"), 0);
}

TEST_F(RetentionTest, IncidentsOutliveTheirVerdictsAndGoWithTheirRun) {
  Add(BatchOf("1").Models({DeviceHead()}).AddDevice(0, "device:10.0.0.1", 1).Ended());
  now_ += absl::Hours(10);
  Run({.verdicts = absl::Hours(5)});
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_THAT(*store_->ListIncidents({}), SizeIs(1));
  now_ += absl::Hours(10);
  Run({.verdicts = absl::Hours(5), .summaries = absl::Hours(5)});
  EXPECT_EQ(Count("incident"), 0);
  EXPECT_EQ(Count("subject"), 0);

  Add(BatchOf("2").Models({DeviceHead()}).AddDevice(0, "device:10.0.0.1", 1));
  Add(BatchOf("3").Models({DeviceHead()}).AddDevice(0, "device:10.0.0.1", 1));
  ASSERT_TRUE(DeleteRun(store_.get(), "file:test", "2").ok());
  const auto left = *store_->ListIncidents({});
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].run(), "3");
}

TEST_F(RetentionTest, OldIncidentsOfARunThatGoesOnAreDeleted) {
  constexpr int64_t kWindowsOfAnHour = 3600 * 1'000'000'000LL / kDeviceWindow;
  BatchOf batch("1");
  batch.Models({DeviceHead()});
  for (int64_t hour : {0, 4, 9}) {
    batch.AddDevice(hour * kWindowsOfAnHour, "device:10.0.0.1", 1);
  }
  Add(batch.Watermark(10 * kWindowsOfAnHour * kDeviceWindow, 3));
  ASSERT_THAT(*store_->ListIncidents({}), SizeIs(3));
  Run({.summaries = absl::Hours(8)});
  const auto left = *store_->ListIncidents({});
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_EQ(left[1].from_ns(), 4 * kWindowsOfAnHour * kDeviceWindow);
}

TEST_F(RetentionTest, AClockThatWasAheadDeletesNothingEarly) {
  now_ += absl::Hours(1000);
  Add(BatchOf("1").Add(0, "a", 1));
  now_ -= absl::Hours(1000);
  Add(BatchOf("1").Add(1, "a", 1));
  now_ += absl::Hours(10);
  EXPECT_EQ(Run({.verdicts = absl::Hours(5)}).verdicts, 0u);
  EXPECT_THAT(All(), SizeIs(2));
}

TEST_F(RetentionTest, ADeletedRunLeavesTheOthersAlone) {
  BatchOf one("1"), other("2");
  for (int64_t i = 0; i < 5000; ++i) one.Add(i, "a", 1), other.Add(i, "a", 1);
  Add(one);
  Add(other);
  ASSERT_TRUE(DeleteRun(store_.get(), "file:test", "1").ok());
  EXPECT_THAT(*store_->ListRuns(), SizeIs(1));
  EXPECT_EQ(Count("verdict"), 5000);
  EXPECT_EQ(Count("feature"), 5000);
  EXPECT_EQ(Count("seen"), 1);
  EXPECT_EQ(All().front().verdict.run(), "2");
}

}  // namespace
}  // namespace silhouette
