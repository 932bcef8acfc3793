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

v1::BatchHeader Header(const std::string& origin, const std::string& run, uint64_t sequence = 1) {
  v1::BatchHeader header;
  header.set_origin(origin);
  header.set_run(run);
  header.set_sequence(sequence);
  return header;
}

v1::BatchHeader End(const std::string& origin, const std::string& run) {
  v1::BatchHeader header = Header(origin, run);
  header.set_end_of_run(true);
  return header;
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
  metrics.Update(Header("a", "1"), Some(3));
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
  metrics.Update(Header("a", "1"), some);
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
  metrics.Update(Header("a", "1"), Some(1));
  metrics.Update(Header("a", "1"), Some(5));
  EXPECT_EQ(metrics.Total().received(), 50u);
}

TEST(AccountingMetrics, RunsAddUpAndEndedOnesStayInTheSum) {
  AccountingMetrics metrics("test");
  metrics.Update(Header("a", "1"), Some(1));
  metrics.Update(Header("a", "2"), Some(2));
  metrics.Update(Header("b", "1"), Some(4));
  metrics.Update(End("a", "1"), Some(8));
  EXPECT_EQ(metrics.Total().received(), 140u);
}

TEST(AccountingMetrics, OfARunThatComesInItsMidstOnlyWhatIsLeftCounts) {
  AccountingMetrics whole("test"), first("test"), second("test");
  for (uint64_t n = 1; n <= 9; ++n) whole.Update(Header("a", "1", n), Some(n));
  for (uint64_t n = 1; n <= 4; ++n) first.Update(Header("a", "1", n), Some(n));
  for (uint64_t n = 4; n <= 9; ++n) second.Update(Header("a", "1", n), Some(n));
  EXPECT_EQ(second.Total().received(), 90u - 9 * 4) << "9 of 10 were decided in each 10";
  EXPECT_EQ(second.Total().windowed(), 4u * (9 - 4));
  EXPECT_EQ(second.Total().pending(), 9u);
  EXPECT_EQ(first.Total().windowed() + second.Total().windowed(), whole.Total().windowed());
  EXPECT_TRUE(Balanced(second.Total()));
}

TEST(AccountingMetrics, ARunThatGoesOnUnderNewNumbersComesInItsMidstToo) {
  AccountingMetrics metrics("test");
  v1::BatchHeader header = Header("a", "1");
  header.set_complete_from_ns(5);
  metrics.Update(header, Some(3));
  EXPECT_EQ(metrics.Total().windowed(), 0u);
  EXPECT_EQ(metrics.Total().pending(), 3u);
}

TEST(AccountingMetrics, PacketsThatComeUnderAnotherTermAfterABreakStayWhereTheyWere) {
  AccountingMetrics metrics("test");
  metrics.Update(Header("a", "1"), Some(10));
  v1::Accounting again = Some(10);
  again.set_windowed(again.windowed() - 7);
  again.set_shed(again.shed() + 7);
  metrics.Update(Header("a", "1", 2), again);
  EXPECT_EQ(metrics.Total().windowed(), 40u);
  EXPECT_EQ(metrics.Total().shed(), 10u);
  again.set_received(again.received() + 5);
  again.set_shed(again.shed() + 5);
  metrics.Update(Header("a", "1", 3), again);
  EXPECT_EQ(metrics.Total().received(), 105u);
  EXPECT_EQ(metrics.Total().shed(), 15u);
  EXPECT_TRUE(Balanced(metrics.Total()));
}

TEST(AccountingMetrics, RunsThatNeverEndTakeNoMoreThanSoMuchRoom) {
  AccountingMetrics metrics("test");
  const size_t most = AccountingMetrics::kMostOpen + AccountingMetrics::kRemembered;
  for (size_t run = 0; run < most + 100; ++run) {
    metrics.Update(Header("a", std::to_string(run)), Some(1));
    metrics.Update(Header("a", "0"), Some(2));  // is heard of
  }
  EXPECT_EQ(metrics.runs(), most);
  EXPECT_EQ(metrics.Total().received(), 10 * (most + 101)) << "all the same, each counts once";
}

TEST(AccountingMetrics, TheIdentityHoldsInEveryScrapeWhileCountsChange) {
  AccountingMetrics metrics("test");
  std::atomic<bool> done = false;
  std::thread updates([&] {
    for (uint64_t n = 1; !done; ++n) {
      metrics.Update(Header("a", "1"), Some(n));
      metrics.Update(End("b", std::to_string(n)), Some(n % 7));
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
