#include "common/link_metrics.h"

#include <gtest/gtest.h>

#include <map>

namespace silhouette {
namespace {

using Clock = std::chrono::steady_clock;

std::map<std::string, double> Scrape(const LinkMetrics& metrics) {
  std::map<std::string, double> values;
  for (const auto& family : metrics.Collect()) {
    const auto& metric = family.metric.at(0);
    values[family.name] =
        family.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value;
  }
  return values;
}

TEST(LinkMetrics, AreTheSumOfAllLinksAndTheAgeOfTheOldestBatchOfAny) {
  LinkMetrics metrics("test");
  const auto began = Clock::now();
  LinkUse old, young;
  old.bytes = 100, old.unsettled_batches = 1;
  old.oldest_unsettled = old.oldest_unsent = began - std::chrono::seconds(60);
  young.bytes = 10, young.unsettled_batches = 2;
  young.oldest_unsettled = began - std::chrono::seconds(20);
  metrics.Update({}, old);
  metrics.Update({}, young);

  auto values = Scrape(metrics);
  EXPECT_EQ(values["silhouette_test_link_held_bytes"], 110);
  EXPECT_EQ(values["silhouette_test_link_unsettled_batches"], 3);
  const auto least = [&](double seconds) {
    return seconds + std::chrono::duration<double>(Clock::now() - began).count();
  };
  EXPECT_GE(values["silhouette_test_link_oldest_unsettled_seconds"], 60);
  EXPECT_LE(values["silhouette_test_link_oldest_unsettled_seconds"], least(60));
  EXPECT_GE(values["silhouette_test_link_oldest_unsent_seconds"], 60);

  metrics.Update(old, {});
  values = Scrape(metrics);
  EXPECT_GE(values["silhouette_test_link_oldest_unsettled_seconds"], 20);
  EXPECT_LE(values["silhouette_test_link_oldest_unsettled_seconds"], least(20));
  EXPECT_EQ(values["silhouette_test_link_oldest_unsent_seconds"], 0);
}

}  // namespace
}  // namespace silhouette
