#include "common/counter_rates.h"

#include <gtest/gtest.h>
#include <prometheus/metric_type.h>

namespace silhouette {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Labels = std::vector<prometheus::ClientMetric::Label>;

const CounterRates::Clock::time_point kStart{};
const Labels kTcp{{"protocol", "tcp"}}, kUdp{{"protocol", "udp"}};

prometheus::MetricFamily Counter(double value, const Labels& labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = labels;
  metric.counter.value = value;
  return {"packets_total", "", prometheus::MetricType::Counter, {metric}};
}

// Samples every second up to and with the one at `last`, of a counter that grows by `per_second`.
void SampleTo(int last, double per_second, CounterRates* rates) {
  for (int s = 1; s <= last; ++s) rates->Sample(kStart + seconds(s), {Counter(s * per_second)});
}

TEST(CounterRates, AreSinceTheStartInTheFirstTenSeconds) {
  CounterRates rates(kStart);
  SampleTo(3, 20, &rates);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(4), "packets_total", {}, 80), 20);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(4), "packets_total", {}, 120), 30);
}

TEST(CounterRates, AreOfTheLastTenSecondsLater) {
  CounterRates rates(kStart);
  SampleTo(100, 20, &rates);
  // Ten seconds before, it said 90 * 20.
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(100), "packets_total", {}, 2500), 70);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + milliseconds(100'500), "packets_total", {}, 1800), 0);
}

TEST(CounterRates, OfAnIdleSamplerAreOverAllTheTimeSince) {
  CounterRates rates(kStart);
  SampleTo(10, 20, &rates);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(100), "packets_total", {}, 1000), 10);
}

TEST(CounterRates, KnowCountersByTheirLabels) {
  CounterRates rates(kStart);
  rates.Sample(kStart + seconds(1), {Counter(100, kTcp)});
  for (int s = 2; s <= 11; ++s) {
    rates.Sample(kStart + seconds(s), {Counter(100, kTcp), Counter(50, kUdp)});
  }
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(11), "packets_total", kTcp, 100), 0);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(11), "packets_total", kUdp, 50), 5);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + seconds(11), "others_total", kTcp, 10), 1);
}

TEST(CounterRates, OfTheFirstMomentAreNotBlownUp) {
  const CounterRates rates(kStart);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart, "packets_total", {}, 8), 8);
  EXPECT_DOUBLE_EQ(rates.PerSecond(kStart + milliseconds(1), "packets_total", {}, 8), 8);
}

}  // namespace
}  // namespace silhouette
