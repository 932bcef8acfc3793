#include "gateway/patient_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "common/test_folder.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;

class PatientStoreTest : public ::testing::Test {
 protected:
  void Open(const std::string& path) {
    store_ = *VerdictStore::Open(path);
    patient_ = std::make_unique<PatientStore>(store_.get(), metrics_, std::chrono::milliseconds(5));
  }
  double Metric(const std::string& name) {
    for (const auto& family : metrics_->Collect()) {
      if (family.name != "silhouette_gateway_store_" + name) continue;
      const auto& metric = family.metric.front();
      return metric.gauge.value + metric.counter.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
  void WaitForRetries(double count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (Metric("retries_total") < count && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_GE(Metric("retries_total"), count);
  }
  static bool Never() { return false; }
  int FilesThatEndIn(const std::string& middle, const std::string& end) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      files += name.find(middle) != std::string::npos && name.ends_with(end) ? 1 : 0;
    }
    return files;
  }

  TemporaryFolder folder_;
  const std::shared_ptr<StoreMetrics> metrics_ = std::make_shared<StoreMetrics>();
  std::unique_ptr<VerdictStore> store_;
  std::unique_ptr<PatientStore> patient_;
};

TEST_F(PatientStoreTest, AddsAndWaitsForNothingWhereAllIsWell) {
  Open("");
  EXPECT_EQ(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never)->count, 1u);
  EXPECT_EQ(Metric("failing"), 0);
  EXPECT_EQ(Metric("retries_total"), 0);
}

TEST_F(PatientStoreTest, AWrongBatchIsNotWaitedFor) {
  Open("");
  const auto added = patient_->Add(BatchOf("1").Add(0, "a", 0.9f, /*model=*/7), Never);
  EXPECT_TRUE(absl::IsInvalidArgument(added.status())) << added.status();
}

// While it lives, files cannot grow beyond some bytes: writes fail as on a failing disk.
class NoGrowth {
 public:
  explicit NoGrowth(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~NoGrowth() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class FailingDiskTest : public PatientStoreTest {
 protected:
  FailingDiskTest() {
    Open(folder_.File("verdicts.db"));
    EXPECT_TRUE(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never).ok());
    for (int i = 1; i < 3000; ++i) many_.Add(i, "a", 0.9f);
  }

  BatchOf many_{"1"};
};

TEST_F(FailingDiskTest, IsWaitedOutAndNothingIsLost) {
  auto no_growth = std::make_unique<NoGrowth>(100'000);
  auto adding = std::async(std::launch::async, [&] { return patient_->Add(many_, Never); });
  WaitForRetries(3);
  EXPECT_EQ(Metric("failing"), 1);
  no_growth.reset();
  const auto added = adding.get();
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->count, 2999u);
  EXPECT_EQ(Metric("failing"), 0);
}

TEST_F(FailingDiskTest, ADatabaseThatIsMovedAwayMeanwhileBeginsAnew) {
  auto no_growth = std::make_unique<NoGrowth>(100'000);
  auto adding = std::async(std::launch::async, [&] { return patient_->Add(many_, Never); });
  WaitForRetries(1);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::rename(folder_.File("verdicts.db") + suffix, folder_.File("away.db") + suffix);
  }
  WaitForRetries(Metric("retries_total") + 2);
  no_growth.reset();
  ASSERT_TRUE(adding.get().ok());
  EXPECT_EQ(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never)->count, 1u)
      << "the new one has it not";
}

// With its log still there, which belongs to the damaged one.
TEST_F(FailingDiskTest, ASoundCopyInThePlaceOfADamagedDatabaseIsReadWithoutTheOldLog) {
  const std::string path = folder_.File("verdicts.db");
  {
    auto sound = *VerdictStore::Open(folder_.File("sound.db"));
    ASSERT_TRUE(sound->Add(BatchOf("sound").Add(0, "b", 0.9f)).ok());
  }
  ASSERT_TRUE(patient_->Add(BatchOf("1").Add(1, "a", 0.9f), Never).ok());
  ASSERT_TRUE(std::filesystem::exists(path + "-wal"));
  auto no_growth = std::make_unique<NoGrowth>(100'000);
  auto adding = std::async(std::launch::async, [&] { return patient_->Add(many_, Never); });
  WaitForRetries(1);
  std::filesystem::rename(folder_.File("sound.db"), path);
  WaitForRetries(Metric("retries_total") + 2);
  no_growth.reset();
  ASSERT_TRUE(adding.get().ok());
  const auto runs = store_->ListRuns();
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 2u);
  for (const StoredRun& run : *runs) {
    const auto subjects = store_->ListSubjects(run.id);
    ASSERT_TRUE(subjects.ok()) << subjects.status();
    ASSERT_EQ(subjects->size(), 1u);
    EXPECT_EQ(subjects->front().windows, run.run == "sound" ? 1u : 2999u);
  }
  EXPECT_EQ(FilesThatEndIn("-wal", ".replaced"), 1) << "nothing is thrown away";
}

TEST_F(PatientStoreTest, NothingIsWrittenToAFileThatWasMovedAway) {
  const std::string path = folder_.File("verdicts.db");
  Open(path);
  ASSERT_TRUE(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never).ok());
  std::filesystem::rename(path, folder_.File("away.db"));
  EXPECT_EQ(patient_->Add(BatchOf("2").Add(0, "a", 0.9f), Never)->count, 1u);
  const auto runs = store_->ListRuns();
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 1u);
  EXPECT_EQ(runs->front().run, "2");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(PatientStoreTest, BehindALinkTheOldLogIsSetAsideToo) {
  const std::string path = folder_.File("verdicts.db"), link = folder_.File("link.db");
  std::filesystem::create_symlink(path, link);
  Open(link);
  ASSERT_TRUE(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never).ok());
  {
    auto sound = *VerdictStore::Open(folder_.File("sound.db"));
    ASSERT_TRUE(sound->Add(BatchOf("sound").Add(0, "b", 0.9f)).ok());
  }
  std::filesystem::rename(folder_.File("sound.db"), path);
  ASSERT_TRUE(patient_->Add(BatchOf("2").Add(0, "a", 0.9f), Never).ok());
  EXPECT_EQ(store_->ListRuns()->size(), 2u) << "sound and 2";
  EXPECT_EQ(FilesThatEndIn("-wal", ".replaced"), 1);
}

TEST_F(PatientStoreTest, AnotherProgramsDatabaseIsNamedWhileItIsInTheWay) {
  const std::string path = folder_.File("verdicts.db");
  Open(path);
  ASSERT_TRUE(patient_->Add(BatchOf("1").Add(0, "a", 0.9f), Never).ok());
  std::filesystem::rename(path, folder_.File("away.db"));
  ASSERT_TRUE(SqliteDatabase::Open(path)->Execute("CREATE TABLE theirs (x)").ok());
  testing::internal::CaptureStdout();
  std::atomic<bool> gone = false;
  auto adding = std::async(std::launch::async, [&] {
    return patient_->Add(BatchOf("2").Add(0, "a", 0.9f), [&] { return gone.load(); });
  });
  WaitForRetries(3);
  gone = true;
  EXPECT_FALSE(adding.get().ok());
  EXPECT_EQ(Metric("failing"), 1);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              testing::HasSubstr("another program's database"));
}

TEST_F(PatientStoreTest, OnlyAStoreThatTookSomethingWorksAgain) {
  Open(folder_.File("verdicts.db"));
  BatchOf many("1");
  for (int i = 0; i < 3000; ++i) many.Add(i, "a", 0.9f);
  const NoGrowth no_growth(100'000);
  std::atomic<bool> gone = false;
  auto adding = std::async(std::launch::async,
                           [&] { return patient_->Add(many, [&] { return gone.load(); }); });
  WaitForRetries(1);
  EXPECT_FALSE(patient_->Add(BatchOf("1").Add(0, "a", 0.9f, /*model=*/7), Never).ok());
  EXPECT_EQ(Metric("failing"), 1);
  gone = true;
  EXPECT_FALSE(adding.get().ok());
}

TEST_F(FailingDiskTest, WaitsNoLongerThanSomebodyWantsIt) {
  const NoGrowth no_growth(100'000);
  std::atomic<bool> gone = false;
  auto adding = std::async(std::launch::async,
                           [&] { return patient_->Add(many_, [&] { return gone.load(); }); });
  WaitForRetries(1);
  gone = true;
  EXPECT_FALSE(adding.get().ok());
}

}  // namespace
}  // namespace silhouette
