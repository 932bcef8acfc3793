// The store's incidents: how they are made of verdicts as these are stored.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/incident_metrics.h"
#include "gateway/store.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kBenign = 0, kScan = 1, kFlood = 2;
const std::string kPhone = "device:192.168.1.20";

class IncidentStoreTest : public ::testing::Test {
 protected:
  static BatchOf Batch(const std::string& run = "1") { return BatchOf(run).Models({DeviceHead()}); }
  AddedVerdicts Add(const v1::VerdictBatch& batch) {
    const auto added = store_->Add(batch);
    EXPECT_TRUE(added.ok()) << added.status();
    return added.value_or(AddedVerdicts());
  }
  std::vector<v1::Incident> All() {
    auto incidents = *store_->ListIncidents({});
    std::reverse(incidents.begin(), incidents.end());
    return incidents;
  }
  // "1 scan 0-3 (3)": number, kind, first window and the one behind the last, how many.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const v1::Incident& incident : All()) {
      told.push_back(absl::StrCat(incident.number(), " ", incident.kind(), " ",
                                  incident.from_ns() / kDeviceWindow, "-",
                                  incident.to_ns() / kDeviceWindow, " (", incident.windows(), ")"));
    }
    return told;
  }

  std::unique_ptr<VerdictStore> store_ = *VerdictStore::Open("");
};

TEST_F(IncidentStoreTest, AWindowOfAClassWithARuleIsOneAndOthersAreNot) {
  BatchOf batch = Batch();
  batch.AddDevice(7, kPhone, kScan, 0.75f).AddDevice(8, kPhone, kBenign);
  const AddedVerdicts added = Add(batch);
  ASSERT_EQ(All().size(), 1u);
  const v1::Incident incident = All()[0];
  EXPECT_EQ(incident.number(), 1);
  EXPECT_EQ(incident.origin(), "file:test");
  EXPECT_EQ(incident.run(), "1");
  EXPECT_EQ(incident.subject(), kPhone);
  EXPECT_EQ(incident.device(), "192.168.1.20");
  EXPECT_EQ(incident.kind(), "scan");
  EXPECT_EQ(incident.severity(), v1::SEVERITY_MEDIUM);
  EXPECT_EQ(incident.from_ns(), 7 * kDeviceWindow);
  EXPECT_EQ(incident.to_ns(), 8 * kDeviceWindow);
  EXPECT_EQ(incident.windows(), 1u);
  EXPECT_EQ(incident.probability(), 0.75f);
  EXPECT_EQ(incident.model(), "devices");
  EXPECT_EQ(incident.version(), "1");
  EXPECT_EQ(incident.evidence(), "412 peers in 5 s");
  EXPECT_EQ(incident.revision(), 0);
  ASSERT_TRUE(added.incidents);
  EXPECT_EQ(*added.incidents, *store_->NewestIncident());
}

TEST_F(IncidentStoreTest, ModelsWithoutRulesMakeNone) {
  EXPECT_FALSE(Add(BatchOf("1").Add(0, "a", 1)).incidents);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(IncidentStoreTest, ABatchThatComesAgainChangesNothing) {
  BatchOf batch = Batch();
  batch.AddDevice(0, kPhone, kScan).AddDevice(1, kPhone, kScan);
  Add(batch);
  const auto before = All();
  const AddedVerdicts again = Add(batch);
  EXPECT_FALSE(again.incidents);
  EXPECT_THAT(again.incident_news, IsEmpty());
  EXPECT_EQ(All()[0].ShortDebugString(), before[0].ShortDebugString());
}

TEST_F(IncidentStoreTest, WindowsWithinTheQuietTimeAreOneOnBothSides) {
  Add(Batch().AddDevice(10, kPhone, kScan));
  Add(Batch().AddDevice(13, kPhone, kScan));  // two windows' quiet between
  Add(Batch().AddDevice(7, kPhone, kScan));
  EXPECT_THAT(Told(), ElementsAre("1 scan 7-14 (3)"));
  EXPECT_EQ(All()[0].revision(), 2);
  Add(Batch().AddDevice(17, kPhone, kScan));  // three
  EXPECT_THAT(Told(), ElementsAre("1 scan 7-14 (3)", "2 scan 17-18 (1)"));
}

TEST_F(IncidentStoreTest, HowWindowsAreBatchedMakesNoDifference) {
  const int64_t windows[] = {0, 1, 3, 9, 10, 30};
  BatchOf all = Batch("whole");
  for (int64_t window : windows) {
    Add(Batch("single").AddDevice(window, kPhone, kScan));
    all.AddDevice(window, kPhone, kScan);
  }
  Add(all);
  std::map<std::string, std::vector<std::string>> spans;
  for (const v1::Incident& incident : All()) {
    spans[incident.run()].push_back(
        absl::StrCat(incident.from_ns(), " ", incident.to_ns(), " ", incident.windows()));
  }
  EXPECT_EQ(spans["whole"].size(), 3u);
  EXPECT_EQ(spans["whole"], spans["single"]);
}

TEST_F(IncidentStoreTest, AWindowThatJoinsTwoMakesThemOne) {
  Add(Batch().AddDevice(0, kPhone, kScan, 0.6f, 50).AddDevice(5, kPhone, kScan, 0.8f, 70));
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-1 (1)", "2 scan 5-6 (1)"));
  Add(Batch().AddDevice(3, kPhone, kScan, 0.7f, 60));
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-6 (3)"));
  EXPECT_EQ(All()[0].evidence(), "70 peers in 5 s");
  Add(Batch().AddDevice(50, kPhone, kScan));
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-6 (3)", "3 scan 50-51 (1)")) << "numbers stay unused";
}

TEST_F(IncidentStoreTest, FewerWindowsThanTheRuleAsksForAreNone) {
  v1::ModelHead patient = DeviceHead();
  patient.mutable_incidents(0)->set_least_windows(3);
  const auto scan = [&](int64_t window) {
    return Add(BatchOf("1").Models({patient}).AddDevice(window, kPhone, kScan));
  };
  const int64_t before = store_->NewestIncident()->number;
  EXPECT_THAT(scan(0).incident_news, IsEmpty());
  EXPECT_THAT(scan(2).incident_news, IsEmpty());
  EXPECT_THAT(scan(20).incident_news, IsEmpty()) << "too far from the others";
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_THAT(store_->ReadIncidentsBehind(before, {}, 10)->incidents, IsEmpty());
  EXPECT_EQ(scan(4).incident_news.size(), 1u);
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-5 (3)"));
  EXPECT_EQ(All()[0].revision(), 0);
  EXPECT_EQ(store_->ReadIncidentsBehind(before, {}, 10)->incidents.size(), 1u);
  EXPECT_THAT(scan(5).incident_news, IsEmpty()) << "it only goes on";
  EXPECT_EQ(All()[0].revision(), 1);
}

TEST_F(IncidentStoreTest, TheLeastThatAnyModelAsksForCountsInWhateverOrderTheyCome) {
  v1::ModelHead patient = DeviceHead("patient"), hasty = DeviceHead("hasty");
  patient.mutable_incidents(0)->set_least_windows(5);
  hasty.mutable_incidents(0)->set_least_windows(2);
  const auto scan = [&](const std::string& run, int64_t window, uint32_t model) {
    Add(BatchOf(run).Models({patient, hasty}).AddDevice(window, kPhone, kScan, 0.9f, 412, model));
  };
  scan("1", 0, 1), scan("1", 1, 0), scan("2", 1, 0), scan("2", 0, 1), scan("3", 0, 0);
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-2 (2)", "2 scan 0-2 (2)"));
  scan("3", 20, 0), scan("3", 21, 1);
  // What joins two keeps the number of the one that people know.
  scan("3", 3, 0), scan("3", 6, 0), scan("3", 9, 0), scan("3", 12, 0), scan("3", 15, 0);
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-2 (2)", "2 scan 0-2 (2)", "3 scan 0-16 (6)",
                                  "4 scan 20-22 (2)"));
  scan("3", 18, 0);
  EXPECT_THAT(Told(), ElementsAre("1 scan 0-2 (2)", "2 scan 0-2 (2)", "3 scan 0-22 (9)"));
}

TEST_F(IncidentStoreTest, AnIncidentKeepsItsNumberWhereItTakesInWhatWasNone) {
  v1::ModelHead patient = DeviceHead("patient");
  patient.mutable_incidents(0)->set_least_windows(5);
  const auto scan = [&](int64_t window, uint32_t model) {
    Add(BatchOf("1")
            .Models({patient, DeviceHead()})
            .AddDevice(window, kPhone, kScan, 0.9f, 412, model));
  };
  scan(0, 0), scan(5, 1);
  EXPECT_THAT(Told(), ElementsAre("2 scan 5-6 (1)"));
  scan(3, 0);
  EXPECT_THAT(Told(), ElementsAre("2 scan 0-6 (3)"));
}

TEST_F(IncidentStoreTest, SubjectsKindsAndRunsAreApart) {
  Add(Batch().AddDevice(0, kPhone, kScan).AddDevice(1, kPhone, kFlood).AddDevice(1, "b", kScan));
  Add(Batch("2").AddDevice(1, kPhone, kScan));
  EXPECT_EQ(All().size(), 4u);
}

TEST_F(IncidentStoreTest, AnotherModelsWindowsJoinAndTheWorseRuleCounts) {
  v1::ModelHead slow = DeviceHead("devices-60s");
  slow.set_length_ns(12 * kDeviceWindow);
  slow.set_hop_ns(12 * kDeviceWindow);
  slow.mutable_incidents(0)->set_severity(v1::SEVERITY_HIGH);
  Add(Batch().AddDevice(14, kPhone, kScan));
  const AddedVerdicts added =
      Add(BatchOf("1").Models({DeviceHead(), slow}).AddDevice(1, kPhone, kScan, 0.95f, 900, 1));
  EXPECT_THAT(Told(), ElementsAre("1 scan 12-24 (2)"));
  EXPECT_EQ(All()[0].severity(), v1::SEVERITY_HIGH);
  EXPECT_EQ(All()[0].model(), "devices-60s");
  EXPECT_EQ(All()[0].evidence(), "900 peers in 60 s");
  ASSERT_EQ(added.incident_news.size(), 1u) << "it became worse";
  EXPECT_EQ(added.incident_news[0].severity, v1::SEVERITY_HIGH);
}

TEST_F(IncidentStoreTest, TheEvidenceIsOfTheSurestWindowAndOfTheFirstSuch) {
  Add(Batch().AddDevice(0, kPhone, kScan, 0.8f, 50).AddDevice(1, kPhone, kScan, 0.9f, 60));
  Add(Batch().AddDevice(2, kPhone, kScan, 0.9f, 70));
  EXPECT_EQ(All()[0].evidence(), "60 peers in 5 s");
  EXPECT_EQ(All()[0].probability(), 0.9f);
  Add(Batch().AddDevice(3, kPhone, kScan, 0.91f, 80));
  EXPECT_EQ(All()[0].evidence(), "80 peers in 5 s");
}

TEST_F(IncidentStoreTest, PartialWindowsCountAsWell) {
  BatchOf batch = Batch();
  batch.AddDevice(0, kPhone, kScan);
  batch->mutable_verdicts(0)->set_partial(true);
  Add(batch);
  EXPECT_EQ(All().size(), 1u);
}

TEST_F(IncidentStoreTest, AreListedNewestFirstAndByWhatIsAskedFor) {
  Add(Batch().AddDevice(0, kPhone, kScan).AddDevice(20, kPhone, kFlood).AddDevice(10, "b", kScan));
  Add(BatchOf("2", "eth0").Models({DeviceHead()}).AddDevice(30, "b", kFlood));
  const auto starts = [this](const IncidentQuery& query) {
    std::vector<int64_t> windows;
    const auto incidents = *store_->ListIncidents(query);
    for (const v1::Incident& each : incidents) {
      windows.push_back(each.from_ns() / kDeviceWindow);
    }
    return windows;
  };
  EXPECT_THAT(starts({}), ElementsAre(30, 20, 10, 0));
  EXPECT_THAT(starts({.filter = {.origin = "eth0"}}), ElementsAre(30));
  EXPECT_THAT(starts({.filter = {.run = "1"}}), ElementsAre(20, 10, 0));
  EXPECT_THAT(starts({.filter = {.subjects = {"b", "c"}}}), ElementsAre(30, 10));
  EXPECT_THAT(starts({.filter = {.kind = "scan"}}), ElementsAre(10, 0));
  EXPECT_THAT(starts({.filter = {.min_severity = v1::SEVERITY_HIGH}}), ElementsAre(30, 20));
  EXPECT_THAT(starts({.from_ns = 11 * kDeviceWindow, .to_ns = 30 * kDeviceWindow}),
              ElementsAre(20));
  EXPECT_THAT(starts({.from_ns = 11 * kDeviceWindow - 1}), ElementsAre(30, 20, 10));
  EXPECT_THAT(starts({.after = IncidentCursor{20 * kDeviceWindow, 99}, .limit = 2}),
              ElementsAre(20, 10));
}

TEST_F(IncidentStoreTest, ADeviceIsTheHomeEndOfAnyKindOfSubject) {
  for (const auto& [subject, device] :
       {std::pair{"device:fd00::20", "fd00::20"},
        std::pair{"device-mac:02:00:00:00:00:20", "02:00:00:00:00:20"},
        std::pair{"conversation:192.168.1.20-203.0.113.7/udp", "192.168.1.20"},
        std::pair{"flow:192.168.1.20:5000-203.0.113.7:443/tcp", "192.168.1.20"},
        std::pair{"flow:[fd00::20]:5000-[2001:db8::1]:443/tcp", "fd00::20"}}) {
    Add(Batch(subject).AddDevice(0, subject, kScan));
    EXPECT_EQ(store_->ListIncidents({.filter = {.run = subject}})->at(0).device(), device);
  }
}

TEST_F(IncidentStoreTest, ARuleWithAnImpossibleQuietTimeIsRefused) {
  BatchOf batch = Batch();
  batch->mutable_models(0)->mutable_incidents(0)->set_quiet_ns(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Add(batch).status()));
}

TEST_F(IncidentStoreTest, AreCountedByKindAndSeverityFromZeroOn) {
  IncidentMetrics metrics;
  const auto value = [&](const std::string& kind, const std::string& severity) -> double {
    const auto families = metrics.metrics()->Collect();
    for (const auto& metric : families.at(0).metric) {
      if (metric.label.at(0).value == kind && metric.label.at(1).value == severity) {
        return metric.counter.value;
      }
    }
    return -1;
  };
  BatchOf batch = Batch();
  metrics.OnStored(batch, {});
  EXPECT_EQ(value("scan", "medium"), 0);
  EXPECT_EQ(value("flood", "high"), 0);
  batch.AddDevice(0, kPhone, kScan).AddDevice(1, kPhone, kScan).AddDevice(9, kPhone, kScan);
  metrics.OnStored(batch, Add(batch).incident_news);
  EXPECT_EQ(value("scan", "medium"), 2);
  EXPECT_EQ(value("flood", "high"), 0);
  for (int kind = 0; kind < 20; ++kind) {
    metrics.OnStored(Batch(), {{absl::StrCat("kind-", kind), v1::SEVERITY_LOW}});
  }
  EXPECT_EQ(value("kind-13", "low"), 1);
  EXPECT_EQ(value("kind-14", "low"), -1);
  EXPECT_EQ(value("other", "low"), 6);
}

}  // namespace
}  // namespace silhouette
