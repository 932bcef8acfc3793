#include "gateway/store_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const absl::Status status = database.Execute(
      "DROP INDEX verdict_by_number; ALTER TABLE verdict DROP COLUMN number; DROP TABLE store; "
      "PRAGMA user_version = 1;");
  ASSERT_EQ(status, absl::OkStatus());
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
