#include "common/accounting_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <map>
#include <thread>

#include "common/accounting.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

v1::Accounting Some(uint64_t n) {
  v1::Accounting accounting;
  accounting.set_received(10 * n);
  accounting.set_windowed(4 * n);
  AddFiltered(&accounting, "not_ip", n);
  AddFiltered(&accounting, "not_asked", n);
  accounting.set_malformed(n);
  accounting.set_late(n);
  accounting.set_shed(n);
  accounting.set_pending(n);
  return accounting;
}

// Each family's sum, by its name without silhouette_test_.
std::map<std::string, double> Scrape(const AccountingMetrics& metrics) {
  std::map<std::string, double> values;
  const std::string prefix = "silhouette_test_";
  for (const auto& family : metrics.Collect()) {
    EXPECT_EQ(family.name.substr(0, prefix.size()), prefix);
    double& sum = values[family.name.substr(prefix.size())];
    for (const auto& metric : family.metric) {
      sum +=
          family.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value;
    }
  }
  return values;
}

TEST(AccountingMetrics, EveryTermHasAFamily) {
  AccountingMetrics metrics("test");
  metrics.Update("a", "1", Some(3), false);
  auto values = Scrape(metrics);
  EXPECT_EQ(values["received_packets_total"], 30);
  EXPECT_EQ(values["windowed_packets_total"], 12);
  EXPECT_EQ(values["filtered_packets_total"], 6);
  EXPECT_EQ(values["malformed_packets_total"], 3);
  EXPECT_EQ(values["late_packets_total"], 3);
  EXPECT_EQ(values["shed_packets_total"], 3);
  EXPECT_EQ(values["pending_packets"], 3);
}

TEST(AccountingMetrics, FilteredPacketsCarryTheirReasonAndThoseOfStrangersAreOne) {
  AccountingMetrics metrics("test");
  v1::Accounting some = Some(3);
  AddFiltered(&some, "as I say", 2);
  AddFiltered(&some, "so", 5);
  metrics.Update("a", "1", some, false);
  std::map<std::string, double> values;
  for (const auto& family : metrics.Collect()) {
    if (family.name != "silhouette_test_filtered_packets_total") continue;
    for (const auto& metric : family.metric) {
      ASSERT_EQ(metric.label.size(), 1u);
      EXPECT_EQ(metric.label[0].name, "reason");
      values[metric.label[0].value] = metric.counter.value;
    }
  }
  EXPECT_THAT(values, ElementsAre(Pair("cut_short", 0), Pair("not_asked", 3), Pair("not_data", 0),
                                  Pair("not_ip", 3), Pair("other", 7), Pair("unsupported", 0)));
}

TEST(AccountingMetrics, ARunsNewestCountsReplaceItsOlderOnes) {
  AccountingMetrics metrics("test");
  metrics.Update("a", "1", Some(1), false);
  metrics.Update("a", "1", Some(5), false);
  EXPECT_EQ(metrics.Total().received(), 50u);
}

TEST(AccountingMetrics, RunsAddUpAndEndedOnesStayInTheSum) {
  AccountingMetrics metrics("test");
  metrics.Update("a", "1", Some(1), false);
  metrics.Update("a", "2", Some(2), false);
  metrics.Update("b", "1", Some(4), false);
  metrics.Update("a", "1", Some(8), true);
  EXPECT_EQ(metrics.Total().received(), 140u);
}

TEST(AccountingMetrics, RunsThatNeverEndTakeNoMoreThanSoMuchRoom) {
  AccountingMetrics metrics("test");
  const size_t most = AccountingMetrics::kMostOpen + AccountingMetrics::kRemembered;
  for (size_t run = 0; run < most + 100; ++run) {
    metrics.Update("a", std::to_string(run), Some(1), false);
    metrics.Update("a", "0", Some(2), false);  // is heard of
  }
  EXPECT_EQ(metrics.runs(), most);
  EXPECT_EQ(metrics.Total().received(), 10 * (most + 101)) << "all the same, each counts once";
}

TEST(AccountingMetrics, TheIdentityHoldsInEveryScrapeWhileCountsChange) {
  AccountingMetrics metrics("test");
  std::atomic<bool> done = false;
  std::thread updates([&] {
    for (uint64_t n = 1; !done; ++n) {
      metrics.Update("a", "1", Some(n), false);
      metrics.Update("b", std::to_string(n), Some(n % 7), true);
    }
  });
  for (int i = 0; i < 1000; ++i) {
    auto v = Scrape(metrics);
    EXPECT_EQ(v["received_packets_total"],
              v["windowed_packets_total"] + v["filtered_packets_total"] +
                  v["malformed_packets_total"] + v["late_packets_total"] + v["shed_packets_total"] +
                  v["pending_packets"]);
  }
  done = true;
  updates.join();
}

}  // namespace
}  // namespace silhouette
