#include "gateway/verdict_metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;

constexpr int64_t kSecond = 1'000'000'000;

class VerdictMetricsTest : public ::testing::Test {
 protected:
  // By source; nothing where there is none.
  std::optional<prometheus::ClientMetric> Told(const std::string& name, const std::string& source) {
    for (const auto& collectable : metrics_.metrics()) {
      for (const auto& family : collectable->Collect()) {
        if (family.name != "silhouette_gateway_" + name) continue;
        for (const auto& metric : family.metric) {
          if (metric.label.at(0).value == source) return metric;
        }
      }
    }
    return std::nullopt;
  }
  // Of an interface, told at second 100.
  static v1::VerdictBatch Live(bool end_of_run = false) {
    v1::VerdictBatch batch = BatchOf("1", "node/eth0").Add(2 * 98, "x", 1);
    batch.mutable_header()->set_source_kind(v1::SOURCE_KIND_INTERFACE);
    batch.mutable_header()->set_told_ns(100 * kSecond);
    batch.mutable_header()->set_end_of_run(end_of_run);
    return batch;
  }

  int64_t now_ns_ = 100 * kSecond + 3'000'000;
  VerdictMetrics metrics_{[this] { return now_ns_; }};
};

TEST_F(VerdictMetricsTest, LatencyIsFromWhenTheBatchWasToldUntilItIsStored) {
  metrics_.OnStored(Live(), 1);
  const auto latency = Told("verdict_latency_seconds", "node/eth0");
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->histogram.sample_count, 1u);
  EXPECT_NEAR(latency->histogram.sample_sum, 0.003, 1e-9);
}

TEST_F(VerdictMetricsTest, AClockThatIsBehindMakesNoNegativeLatency) {
  now_ns_ = 90 * kSecond;
  metrics_.OnStored(Live(), 1);
  EXPECT_EQ(Told("verdict_latency_seconds", "node/eth0")->histogram.sample_sum, 0);
}

TEST_F(VerdictMetricsTest, LagIsFromTheEndOfTheNewestWindowUntilItsRunEnds) {
  const v1::VerdictBatch batch = Live();
  metrics_.OnStored(batch, 1);
  const double length_s = static_cast<double>(batch.models(0).length_ns()) / 1e9;
  EXPECT_NEAR(Told("window_lag_seconds", "node/eth0")->gauge.value, 2.003 - length_s, 1e-9);
  metrics_.OnStored(Live(true), 1);
  EXPECT_FALSE(Told("window_lag_seconds", "node/eth0"));
}

TEST_F(VerdictMetricsTest, FilesAreNotBehindAnyClockAndRepeatsTellNoTimes) {
  v1::VerdictBatch file = Live();
  file.mutable_header()->set_source_kind(v1::SOURCE_KIND_FILE);
  metrics_.OnStored(file, 1);
  EXPECT_FALSE(Told("window_lag_seconds", "files"));
  EXPECT_EQ(Told("verdict_latency_seconds", "files")->histogram.sample_count, 1u);
  metrics_.OnStored(file, 0);
  EXPECT_EQ(Told("verdict_latency_seconds", "files")->histogram.sample_count, 1u);
}

}  // namespace
}  // namespace silhouette
