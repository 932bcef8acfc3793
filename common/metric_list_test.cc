#include "common/metric_list.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(Metrics, AreRegisteredAsTheyAreDeclared) {
  prometheus::Registry registry;
  AddGauge(&registry, "test", Find(kLinkMetrics, "link_held_bytes")).Set(7);
  AddCounters(&registry, "test", Find(kStreamMetrics, "ended_streams_total"))
      .Add({{"status", "OK"}})
      .Increment(2);
  std::map<std::string, prometheus::MetricFamily> families;
  for (auto& family : registry.Collect()) families[family.name] = std::move(family);
  const auto& held = families["silhouette_test_link_held_bytes"];
  EXPECT_EQ(held.type, prometheus::MetricType::Gauge);
  EXPECT_EQ(held.help, Find(kLinkMetrics, "link_held_bytes").help);
  EXPECT_EQ(held.metric.at(0).gauge.value, 7);
  const auto& ended = families["silhouette_test_ended_streams_total"];
  EXPECT_EQ(ended.type, prometheus::MetricType::Counter);
  EXPECT_EQ(ended.metric.at(0).label.at(0).name, "status");
}

TEST(Metrics, ThatAreGatheredHaveTheirLabelsInOrder) {
  auto family = FamilyOf("test", Find(kAccountingMetrics, "filtered_packets_total"));
  AddValue(3, &family, {{"reason", "x"}, {"a", "b"}});
  EXPECT_EQ(family.name, "silhouette_test_filtered_packets_total");
  EXPECT_EQ(family.metric.at(0).counter.value, 3);
  EXPECT_EQ(family.metric.at(0).label.at(0).name, "a");
}

}  // namespace
}  // namespace silhouette
