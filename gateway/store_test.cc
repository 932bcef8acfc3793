#include "gateway/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "common/test_folder.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::unique_ptr<VerdictStore> OpenStore(const std::string& path = "") {
  auto store = VerdictStore::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

VerdictQuery Of(int64_t run_id, std::vector<std::string> subjects = {}, std::string model = "") {
  VerdictQuery query;
  query.run_id = run_id;
  query.subjects = std::move(subjects);
  query.model = std::move(model);
  return query;
}
VerdictQuery OfNewestRun(VerdictStore* store) { return Of(store->FindRun("", "")->id); }

std::vector<std::string> KeysOf(const std::vector<v1::Verdict>& verdicts) {
  std::vector<std::string> keys;
  for (const v1::Verdict& v : verdicts) {
    keys.push_back(std::to_string(v.window_start_ns() / kWindow) + " " + v.subject() + " " +
                   v.model() + "/" + v.version());
  }
  return keys;
}

TEST(VerdictStore, AVerdictComesBackAsItWentIn) {
  const auto store = OpenStore();
  BatchOf batch("1");
  batch.Add(3, "a", 0.75f);
  batch->mutable_verdicts(0)->set_partial(true);
  batch->mutable_verdicts(0)->set_features(0, std::nextafter(900.0f, 901.0f));
  EXPECT_EQ(store->Add(batch)->count, 1u);
  const auto verdicts = store->ListVerdicts(OfNewestRun(store.get()));
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  ASSERT_THAT(*verdicts, SizeIs(1));
  const v1::Verdict& verdict = (*verdicts)[0];
  EXPECT_EQ(verdict.origin(), "file:test");
  EXPECT_EQ(verdict.run(), "1");
  EXPECT_EQ(verdict.subject(), "a");
  EXPECT_EQ(verdict.model(), "presence");
  EXPECT_EQ(verdict.version(), "1");
  EXPECT_EQ(verdict.window_start_ns(), 3 * kWindow);
  EXPECT_EQ(verdict.window_end_ns(), 4 * kWindow);
  EXPECT_EQ(verdict.class_(), "person");
  EXPECT_EQ(verdict.probability(), 0.75f);
  EXPECT_THAT(verdict.probabilities(), ElementsAre(0.25f, 0.75f));
  ASSERT_EQ(verdict.features_size(), 9);
  EXPECT_EQ(verdict.features(0), std::nextafter(900.0f, 901.0f));
  EXPECT_EQ(verdict.schema(), "presence.v1");
  EXPECT_TRUE(verdict.partial());
}

TEST(VerdictStore, TheFirstWriteWinsAndARepeatIsNotCounted) {
  const auto store = OpenStore();
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "a", 0.9f))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "a", 0.1f).Add(1, "a", 0.1f))->count, 1u);
  const auto verdicts = *store->ListVerdicts(OfNewestRun(store.get()));
  ASSERT_THAT(verdicts, SizeIs(2));
  EXPECT_EQ(verdicts[0].class_(), "person");
  EXPECT_EQ(verdicts[1].class_(), "background");
}

TEST(VerdictStore, TheKeyIsOriginRunSubjectModelAndWindow) {
  const auto store = OpenStore();
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "a", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("2").Add(0, "a", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1", "file:other").Add(0, "a", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "b", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1").Add(1, "a", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1").Models({Head("motion")}).Add(0, "a", 1))->count, 1u);
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "a", 0))->count, 0u);
}

TEST(VerdictStore, VerdictsComeInTheOrderOfWindowSubjectModel) {
  const auto store = OpenStore();
  BatchOf batch("1");
  batch.Models({Head("presence"), Head("motion")});
  for (int64_t window : {10, 9, -1}) {
    for (const char* subject : {"b", "a"}) {
      batch.Add(window, subject, 1, 0).Add(window, subject, 1, 1);
    }
  }
  ASSERT_EQ(store->Add(batch)->count, 12u);
  EXPECT_THAT(KeysOf(*store->ListVerdicts(OfNewestRun(store.get()))),
              ElementsAre("-1 a motion/1", "-1 a presence/1", "-1 b motion/1", "-1 b presence/1",
                          "9 a motion/1", "9 a presence/1", "9 b motion/1", "9 b presence/1",
                          "10 a motion/1", "10 a presence/1", "10 b motion/1", "10 b presence/1"));
}

TEST(VerdictStore, PagesOfAnySizeGiveEveryVerdictOnce) {
  const auto store = OpenStore();
  BatchOf batch("1");
  batch.Models({Head("presence", "1"), Head("sound", "2"), Head("motion")});
  for (int64_t window = 0; window < 7; ++window) {
    for (const char* subject : {"b", "a", "c"}) {
      for (uint32_t model : {0, 1, 2}) batch.Add(window, subject, 1, model);
    }
  }
  ASSERT_EQ(store->Add(batch)->count, 63u);
  const int64_t run = store->FindRun("", "")->id;
  const auto whole = KeysOf(*store->ListVerdicts(Of(run)));
  for (size_t limit : {1, 2, 5, 62, 63, 64}) {
    VerdictQuery query = Of(run);
    query.limit = limit;
    std::vector<std::string> paged;
    while (true) {
      const auto page = *store->ListVerdicts(query);
      EXPECT_LE(page.size(), limit);
      for (const std::string& key : KeysOf(page)) paged.push_back(key);
      if (page.size() < limit) break;
      const v1::Verdict& last = page.back();
      query.after =
          VerdictCursor{last.window_start_ns(), last.subject(), last.model(), last.version()};
    }
    EXPECT_EQ(paged, whole) << "pages of " << limit;
  }
}

TEST(VerdictStore, AQueryTakesTheSubjectsAndTheModelItNames) {
  const auto store = OpenStore();
  BatchOf batch("1");
  batch.Models({Head("presence"), Head("motion")});
  for (const char* subject : {"a", "b", "c"}) batch.Add(0, subject, 1, 0).Add(0, subject, 1, 1);
  ASSERT_TRUE(store->Add(batch).ok());
  const int64_t run = store->FindRun("", "")->id;
  EXPECT_THAT(KeysOf(*store->ListVerdicts(Of(run, {"c", "a"}, "motion"))),
              ElementsAre("0 a motion/1", "0 c motion/1"));
  EXPECT_THAT(*store->ListVerdicts(Of(run, {"d"})), IsEmpty());
  EXPECT_THAT(*store->ListVerdicts(Of(run + 1)), IsEmpty());
}

TEST(VerdictStore, RunsAreListedNewestFirst) {
  const auto store = OpenStore();
  for (const char* run : {"1", "2", "3"}) ASSERT_TRUE(store->Add(BatchOf(run)).ok());
  ASSERT_TRUE(store->Add(BatchOf("1", "file:other")).ok());
  ASSERT_TRUE(store->Add(BatchOf("1")).ok());  // more of a run does not make it newer
  std::vector<std::string> names;
  const std::vector<StoredRun> runs = *store->ListRuns();
  for (const StoredRun& run : runs) names.push_back(run.origin + " " + run.run);
  EXPECT_THAT(names, ElementsAre("file:other 1", "file:test 3", "file:test 2", "file:test 1"));
}

TEST(VerdictStore, AnEmptyNameFindsTheNewestRun) {
  const auto store = OpenStore();
  EXPECT_TRUE(absl::IsNotFound(store->FindRun("", "").status()));
  for (const char* run : {"1", "2"}) ASSERT_TRUE(store->Add(BatchOf(run)).ok());
  ASSERT_TRUE(store->Add(BatchOf("1", "file:other")).ok());
  EXPECT_EQ(store->FindRun("", "")->origin, "file:other");
  EXPECT_EQ(store->FindRun("file:test", "")->run, "2");
  EXPECT_EQ(store->FindRun("file:test", "1")->run, "1");
  const absl::Status missing = store->FindRun("file:test", "7").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), AllOf(HasSubstr("\"7\""), HasSubstr("file:test")));
}

TEST(VerdictStore, ARunKeepsTheNewestWatermarkAndAccounts) {
  const auto store = OpenStore();
  ASSERT_TRUE(store->Add(BatchOf("1").Watermark(100, 10)).ok());
  ASSERT_TRUE(store->Add(BatchOf("1").Watermark(200, 20).Ended()).ok());
  ASSERT_TRUE(store->Add(BatchOf("1").Watermark(100, 10)).ok());  // the first one again
  const StoredRun run = *store->FindRun("", "");
  EXPECT_EQ(run.watermark_ns, 200);
  EXPECT_EQ(run.accounting.received(), 20u);
  EXPECT_TRUE(run.ended);
  EXPECT_EQ(run.first_packet_ns, 42);
}

TEST(VerdictStore, SubjectsAreSortedWithTheirTotals) {
  const auto store = OpenStore();
  BatchOf batch("1");
  batch.Models({Head("presence"), Head("motion")});
  batch.Add(5, "b", 1).Add(3, "b", 1).Add(9, "b", 1).Add(4, "a", 1).Add(4, "a", 1, 1);
  ASSERT_TRUE(store->Add(batch).ok());
  ASSERT_TRUE(store->Add(BatchOf("2").Add(0, "elsewhere", 1)).ok());
  const auto subjects = *store->ListSubjects(store->FindRun("", "1")->id);
  ASSERT_THAT(subjects, SizeIs(3));
  EXPECT_EQ(subjects[0].subject + subjects[0].model.name(), "amotion");
  EXPECT_EQ(subjects[1].subject + subjects[1].model.name(), "apresence");
  EXPECT_EQ(subjects[2].subject, "b");
  EXPECT_EQ(subjects[2].windows, 3u);
  EXPECT_EQ(subjects[2].first_start_ns, 3 * kWindow);
  EXPECT_EQ(subjects[2].last_start_ns, 9 * kWindow);
}

TEST(VerdictStore, AnIndexOutsideItsListIsRefusedAndNothingStored) {
  const auto store = OpenStore();
  BatchOf no_such_model("1");
  no_such_model.Add(0, "a", 1).Add(1, "a", 1, 1);
  BatchOf no_such_class("1");
  no_such_class.Add(0, "a", 1)->mutable_verdicts(0)->set_class_index(2);
  BatchOf too_few("1");
  too_few.Add(0, "a", 0)->mutable_verdicts(0)->mutable_probabilities()->RemoveLast();
  for (const BatchOf& batch : {no_such_model, no_such_class, too_few}) {
    const absl::Status status = store->Add(batch).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("verdict on a"));
  }
  EXPECT_THAT(*store->ListRuns(), IsEmpty());
}

TEST(VerdictStore, AModelWithoutWindowLengthOrWithABrokenTimelineIsRefused) {
  const auto store = OpenStore();
  v1::ModelHead no_hop = Head();
  no_hop.set_hop_ns(0);  // a timeline divides by it
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(BatchOf("1").Models({no_hop})).status()));
  v1::ModelHead broken = Head();
  broken.mutable_timeline()->add_prior(1);  // of two classes
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(BatchOf("1").Models({broken})).status()));
}

TEST(VerdictStore, AModelThatWasReplacedUnderItsVersionIsNotReadWithTheOldClasses) {
  const auto store = OpenStore();
  ASSERT_TRUE(store->Add(BatchOf("1").Add(0, "a", 1)).ok());
  v1::ModelHead replaced = Head();
  replaced.add_classes("pet");
  BatchOf batch("2");
  batch.Models({replaced}).Add(0, "a", 0);
  batch->mutable_verdicts(0)->add_probabilities(1);
  batch->mutable_verdicts(0)->set_class_index(2);
  if (!store->Add(batch).ok()) return;  // a refusal is an answer, too
  const auto subjects = *store->ListSubjects(store->FindRun("", "2")->id);
  ASSERT_THAT(subjects, SizeIs(1));
  ASSERT_EQ(subjects[0].model.classes_size(), 3) << "class 2 is outside of the list";
  EXPECT_EQ(store->ListVerdicts(Of(store->FindRun("", "2")->id))->front().class_(), "pet");
}

TEST(VerdictStore, AStoreOnDiskKeepsItsData) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  ASSERT_EQ(OpenStore(path)->Add(BatchOf("1").Watermark(7, 3).Add(0, "a", 0.75f))->count, 1u);
  const auto store = OpenStore(path);
  EXPECT_EQ(store->FindRun("", "")->accounting.received(), 3u);
  EXPECT_EQ(store->ListVerdicts(OfNewestRun(store.get()))->front().probability(), 0.75f);
  EXPECT_EQ(store->Add(BatchOf("1").Add(0, "a", 0.1f))->count, 0u);
}

TEST(VerdictStore, ANewerLayoutIsRefusedByNumber) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  (void)OpenStore(path);
  ASSERT_TRUE(SqliteDatabase::Open(path)->Execute("PRAGMA user_version = 1000").ok());
  const absl::Status status = VerdictStore::Open(path).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr("layout 1000")));
}

TEST(VerdictStore, WhatIsNoStoreIsRefusedByName) {
  TemporaryFolder folder;
  const std::string garbage = folder.Write("garbage.db", std::string(8192, 'x'));
  absl::Status status = VerdictStore::Open(garbage).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(garbage));
  const std::string nowhere = folder.File("no/such/folder.db");
  status = VerdictStore::Open(nowhere).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(nowhere), HasSubstr("folder exists")));
}

TEST(VerdictStore, ReadersSeeWholeBatchesWhileOneWrites) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  const auto store = OpenStore(path);
  ASSERT_TRUE(store->Add(BatchOf("1")).ok());
  const auto other_connection = OpenStore(path);
  const int64_t run = store->FindRun("", "")->id;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (VerdictStore* reader : {store.get(), store.get(), other_connection.get()}) {
    readers.emplace_back([&done, reader, run] {
      while (!done) {
        const auto verdicts = reader->ListVerdicts(Of(run));
        ASSERT_TRUE(verdicts.ok()) << verdicts.status();
        EXPECT_EQ(verdicts->size() % 10, 0u);
      }
    });
  }
  for (int64_t i = 0; i < 20; ++i) {
    BatchOf batch("1");
    for (int64_t w = 0; w < 10; ++w) batch.Add(10 * i + w, "a", 1);
    EXPECT_EQ(store->Add(batch)->count, 10u);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(VerdictStore, VersionsOfAModelWithOtherFeaturesAreNotMeasuredTogether) {
  auto store = *VerdictStore::Open("");
  v1::ModelHead other = Head("presence", "2");
  other.set_schema("some.thing");
  BatchOf batch("1");
  batch.Models({Head(), other}).Add(0, "a", 1).Add(1, "a", 1, 1);
  batch->mutable_verdicts(1)->mutable_features()->Truncate(1);
  ASSERT_TRUE(store->Add(batch).ok());
  const auto subjects = *store->ListSubjects(store->FindRun("", "")->id);
  ASSERT_THAT(subjects, ::testing::SizeIs(1));
  EXPECT_EQ(subjects[0].windows, 2u);
  EXPECT_FALSE(subjects[0].shape.has_value());
}

TEST(VerdictStore, ABatchThatCouldNotBeReadAgainIsRefused) {
  const auto store = OpenStore("");
  BatchOf few("1");
  few.Add(0, "a", 1);
  few->mutable_verdicts(0)->mutable_features()->RemoveLast();
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(few).status()));
  BatchOf none("1");
  none.Add(0, "a", 1);
  none->mutable_models(0)->set_schema("another.v1");
  none->mutable_verdicts(0)->clear_features();
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(none).status()));
  BatchOf far("1");
  far.Add(0, "a", 1);
  far->mutable_verdicts(0)->set_window_start_ns(std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(far).status()));
  BatchOf longest("1");
  longest.Add(0, "a", 1);
  longest->mutable_models(0)->set_length_ns(std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(absl::IsInvalidArgument(store->Add(longest).status()));
  EXPECT_TRUE(store->ListRuns()->empty());
}

}  // namespace
}  // namespace silhouette
