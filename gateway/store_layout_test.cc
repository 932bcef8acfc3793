#include "gateway/store_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/test_folder.h"
#include "gateway/store.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;

// Takes a store of today back to the layout that it had first.
void MakeFirstLayout(const std::string& path) {
  auto database = *SqliteDatabase::Open(path);
  // As doubles, each of those that test_verdicts gives.
  std::string features;
  for (double value : {900., 1., 900., .005, .001, .005, 50., 50., 100.}) {
    features += absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(&value), sizeof value));
  }
  const absl::Status status = database.Execute(absl::StrCat(
      "DROP INDEX verdict_by_number; ALTER TABLE verdict DROP COLUMN number; DROP TABLE store; "
      "DROP TABLE feature; DROP TABLE seen; DROP TABLE hour; DROP TABLE stored; DROP TABLE job; "
      "DROP TABLE incident; "
      "ALTER TABLE run DROP COLUMN stored_minute; "
      "ALTER TABLE verdict ADD COLUMN features BLOB NOT NULL DEFAULT x'",
      features, "'; PRAGMA user_version = 1;"));
  ASSERT_EQ(status, absl::OkStatus());
}

// One window, which is an incident.
BatchOf OneScan(int64_t window) {
  return BatchOf("1").Models({DeviceHead()}).AddDevice(window, "device:10.0.0.1", 1);
}

TEST(StoreLayout, AStoreOfTheFirstLayoutKeepsItsVerdictsAndNumbersThem) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  BatchOf batch("1");
  batch.Models({Head(), Head("motion")});
  for (int64_t window = 0; window < 20; ++window) batch.Add(window, "b", 1).Add(window, "a", 1, 1);
  ASSERT_TRUE((*VerdictStore::Open(path))->Add(batch).ok());
  MakeFirstLayout(path);
  auto store = VerdictStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->Newest()->number, 40);
  const auto verdicts = *(*store)->ReadBehind(0, 100);
  ASSERT_EQ(verdicts.size(), 40u);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    EXPECT_EQ(verdicts[i].number, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(verdicts[i].verdict.window_start_ns(), static_cast<int64_t>(i / 2) * kWindow);
  }
  EXPECT_EQ((*store)->Add(BatchOf("1").Add(0, "b", 1).Add(20, "b", 1))->position.number, 41);
}

TEST(StoreLayout, AnOlderStoreTellsTheSameOfItsSubjectsAndHours) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  BatchOf batch("1");
  for (int64_t window = -3; window < 20; ++window) {
    batch.Add(window, "b", window % 2 == 0 ? 1 : 0);
    batch.Add(window + 7200, "a", 1);
  }
  const auto tell = [&] {
    const auto store = *VerdictStore::Open(path);
    const int64_t run = store->FindRun("", "")->id;
    std::string told;
    const auto subjects = *store->ListSubjects(run);
    for (const StoredSubject& subject : subjects) {
      absl::StrAppend(&told, subject.subject, " ", subject.model.name(), " ", subject.windows, " ",
                      subject.first_start_ns, " ", subject.last_start_ns, " ", subject.last_class,
                      " ", subject.shape->ShortDebugString(), "\n");
      const auto hours =
          *store->ReadHours(run, subject.subject, "", -kLastPlausibleNs, kLastPlausibleNs);
      for (const StoredHour& hour : hours) {
        absl::StrAppend(&told, hour.model, " ", hour.from_ns, " ", hour.class_name, " ",
                        hour.windows, "\n");
      }
    }
    const auto verdicts = *store->ReadBehind(0, 100);
    for (const NumberedVerdict& verdict : verdicts) {
      told += verdict.verdict.ShortDebugString();
    }
    return told;
  };
  ASSERT_TRUE((*VerdictStore::Open(path))->Add(batch).ok());
  const std::string before = tell();
  MakeFirstLayout(path);
  // Numbers are given anew, in the order of windows.
  const std::string after = tell();
  EXPECT_EQ(after.substr(0, after.find("origin")), before.substr(0, before.find("origin")));
  EXPECT_THAT(after, ::testing::HasSubstr("features: 900"));
  EXPECT_EQ(after.size(), before.size());
}

TEST(StoreLayout, AStoreFromBeforeIncidentsHasNoneAndMakesThemFromThenOn) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  ASSERT_TRUE((*VerdictStore::Open(path))->Add(OneScan(0)).ok());
  {
    auto database = *SqliteDatabase::Open(path);
    ASSERT_TRUE(database
                    .Execute("DROP TABLE incident; ALTER TABLE store DROP COLUMN incidents; "
                             "ALTER TABLE store DROP COLUMN incident_changes; "
                             "PRAGMA user_version = 3;")
                    .ok());
  }
  auto store = VerdictStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->Newest()->number, 1);
  EXPECT_TRUE((*store)->ListIncidents({})->empty());
  ASSERT_TRUE((*store)->Add(OneScan(0)).ok());  // which was stored before there were any
  EXPECT_TRUE((*store)->ListIncidents({})->empty());
  ASSERT_TRUE((*store)->Add(OneScan(1)).ok());
  EXPECT_EQ((*store)->ListIncidents({})->size(), 1u);
}

TEST(StoreLayout, IncidentsFromBeforeThereWereTooFewWindowsStay) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  ASSERT_TRUE((*VerdictStore::Open(path))->Add(OneScan(0)).ok());
  {
    auto database = *SqliteDatabase::Open(path);
    ASSERT_TRUE(
        database.Execute("ALTER TABLE incident DROP COLUMN least; PRAGMA user_version = 4;").ok());
  }
  auto store = VerdictStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Add(OneScan(1)).ok());
  const auto incidents = *(*store)->ListIncidents({});
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].windows(), 2u);
}

TEST(StoreLayout, StoresCanBeToldApart) {
  const auto one = *VerdictStore::Open(""), other = *VerdictStore::Open("");
  EXPECT_NE(one->Newest()->store_id, other->Newest()->store_id);
  EXPECT_EQ(one->Newest()->number, 0);
}

TEST(StoreLayout, AStepThatFailsChangesNothing) {
  TemporaryFolder folder;
  const std::string path = folder.File("verdicts.db");
  ASSERT_TRUE((*VerdictStore::Open(path))->Add(BatchOf("1").Add(0, "a", 1)).ok());
  MakeFirstLayout(path);
  {  // in the way of the step's last table
    auto database = *SqliteDatabase::Open(path);
    ASSERT_TRUE(database.Execute("CREATE TABLE store (x)").ok());
  }
  EXPECT_FALSE(VerdictStore::Open(path).ok());
  auto database = *SqliteDatabase::Open(path);
  auto columns =
      database.Prepare("SELECT COUNT(*) FROM pragma_table_info('verdict') WHERE name = 'number'");
  ASSERT_TRUE(columns.ok());
  ASSERT_TRUE(*columns->Step());
  EXPECT_EQ(columns->Int(0), 0);
  columns->Reset();
  ASSERT_TRUE(database.Execute("DROP TABLE store").ok());
  EXPECT_TRUE(VerdictStore::Open(path).ok());
}

}  // namespace
}  // namespace silhouette
