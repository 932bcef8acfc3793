#include "common/derived_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/schema.h"

namespace silhouette {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr int64_t kHalfSecond = 500'000'000;
// size mean, std, median; iat mean, std, median; in, out, total
constexpr double kWindow[] = {200, 50, 100, 0.5, 1, 0.25, 6, 2, 8};
constexpr double kTurned[] = {200, 50, 100, 0.5, 1, 0.25, 2, 6, 8};

std::vector<double> QuantitiesOf(const DerivedSchema& derived, std::span<const double> row) {
  std::vector<double> quantities(derived.quantities);
  derived.quantities_of(row, quantities.data());
  return quantities;
}

std::vector<double> FeaturesOf(const DerivedSchema& derived, std::span<const double> past,
                               std::span<const double> own) {
  std::vector<double> features(derived.features);
  derived.features_of(past, own, features.data());
  return features;
}

TEST(DerivedSchemaTest, AgreesWithTheSchemasThatAreReleased) {
  const std::vector<Feature>& inputs = (*FindSchema("presence.v1"))->features;
  for (const char* name : {"presence.v2", "presence.v2.ratio"}) {
    const DerivedSchema* derived = FindDerivedSchema(name);
    ASSERT_NE(derived, nullptr) << name;
    EXPECT_EQ(derived->features, (*FindSchema(name))->features.size());
    EXPECT_EQ(derived->horizon_ns, (*FindSchema(name))->horizon_ns);
    EXPECT_EQ(derived->lookback_ns, (*FindSchema("presence.v1"))->horizon_ns);
    for (std::string_view input : derived->inputs) {
      EXPECT_TRUE(std::any_of(inputs.begin(), inputs.end(), [&](const Feature& feature) {
        return feature.name == input;
      })) << input;
    }
  }
  EXPECT_EQ(FindDerivedSchema("presence.v1"), nullptr);
}

TEST(DerivedSchemaTest, PresenceV2DoesNotSeeTheDirection) {
  const DerivedSchema& v2 = *FindDerivedSchema("presence.v2");
  EXPECT_THAT(QuantitiesOf(v2, kWindow), ElementsAre(8, 1600, 0.25, 200, 0.25, 0.5, 0.5, 2, 0.5));
  EXPECT_EQ(QuantitiesOf(v2, kTurned), QuantitiesOf(v2, kWindow));
}

TEST(DerivedSchemaTest, PresenceV2IsTheMeanOverWindowsWithPackets) {
  const DerivedSchema& v2 = *FindDerivedSchema("presence.v2");
  std::vector<double> past(9, 4);
  past.resize(18, 10);
  EXPECT_THAT(FeaturesOf(v2, past, std::vector<double>(9, 1)), Each(5));
  EXPECT_THAT(FeaturesOf(v2, past, std::vector<double>(9, 0)), Each(7)) << "a silent window";
  EXPECT_THAT(FeaturesOf(v2, {}, std::vector<double>(9, 0)), Each(0)) << "nothing but silence";
}

TEST(DerivedSchemaTest, ARatioIsOfTheNewestTwentyToAll) {
  const DerivedSchema& ratio = *FindDerivedSchema("presence.v2.ratio");
  const std::vector<double> old(3 * 20, 1), fresh(3 * 19, 3), own(3, 3);
  std::vector<double> past = old;
  EXPECT_THAT(FeaturesOf(ratio, {}, own), Each(1)) << "its own first window is the usual one";
  past.insert(past.end(), fresh.begin(), fresh.end());
  EXPECT_THAT(FeaturesOf(ratio, past, own), Each(1.5));
  past.insert(past.end(), own.begin(), own.end());
  EXPECT_THAT(FeaturesOf(ratio, past, std::vector<double>(3, 0)), Each(1.5)) << "a silent window";
  EXPECT_THAT(FeaturesOf(ratio, {}, std::vector<double>(3, 0)), Each(1)) << "nothing but silence";
}

TEST(DerivedSchemaTest, LooksNoFurtherBackThanItsHorizon) {
  const DerivedSchema& v2 = *FindDerivedSchema("presence.v2");
  EXPECT_EQ(v2.PastWindows(kHalfSecond), 4);
  EXPECT_EQ(v2.PastWindows(kHalfSecond / 5), 4);
  EXPECT_EQ(v2.PastWindows(2 * kHalfSecond), 2);
  EXPECT_EQ(v2.PastWindows(60 * kHalfSecond), 0);
  EXPECT_EQ(FindDerivedSchema("presence.v2.ratio")->PastWindows(kHalfSecond), 179);
}

}  // namespace
}  // namespace silhouette
