#include "common/source_lag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr MetricInfo kLag{
    "lag_seconds", prometheus::MetricType::Gauge, "seconds", "", {{{"source", ""}}}};

class SourceLagTest : public ::testing::Test {
 protected:
  std::map<std::string, double> Told() const {
    std::map<std::string, double> told;
    const auto families = lag_.Collect();
    for (const auto& metric : families.at(0).metric) {
      told[metric.label.at(0).value] = metric.gauge.value;
    }
    return told;
  }

  SourceLag::Clock::time_point now_{};
  SourceLag lag_{"test", kLag, [this] { return now_; }};
};

TEST_F(SourceLagTest, IsThatOfEachSourceWhenItWasHeardOfLast) {
  lag_.Set("a", 1);
  lag_.Set("b", 7);
  lag_.Set("a", 2);
  EXPECT_THAT(Told(), ElementsAre(Pair("a", 2), Pair("b", 7)));
}

TEST_F(SourceLagTest, IsNotToldOfRunsThatEndedAndOfSourcesThatAreGone) {
  lag_.Set("ended", 1);
  lag_.Set("gone", 7);
  lag_.Remove("ended");
  EXPECT_THAT(Told(), ElementsAre(Pair("gone", 7)));
  now_ += SourceLag::kRemembered;
  EXPECT_THAT(Told(), IsEmpty());
}

}  // namespace
}  // namespace silhouette
