#include "common/derived_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/presence_v1.h"
#include "common/schema.h"

namespace silhouette {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  std::vector<double> features(derived.schema->features.size());
  derived.features_of(past, own, features.data());
  return features;
}

TEST(DerivedSchemaTest, LooksAtColumnsOfPresenceV1) {
  const std::vector<Feature>& columns = (*FindSchema("presence.v1"))->features;
  for (const char* name : {"presence.v2", "presence.v2.ratio"}) {
    const DerivedSchema* derived = FindDerivedSchema(name);
    ASSERT_NE(derived, nullptr) << name;
    EXPECT_EQ(derived->schema->name, name);
    for (std::string_view input : derived->inputs) {
      EXPECT_TRUE(std::any_of(columns.begin(), columns.end(), [&](const Feature& feature) {
        return feature.name == input;
      })) << input;
    }
  }
  EXPECT_EQ(FindDerivedSchema("presence.v1"), nullptr);
}

TEST(DerivedSchemaTest, ThePlacesAreThoseOfTheSchema) {
  const std::vector<Feature>& columns = (*FindSchema("presence.v1"))->features;
  ASSERT_EQ(columns.size(), presence_v1::kFeatures);
  EXPECT_EQ(columns[presence_v1::kSizeMean].name, "size_mean");
  EXPECT_EQ(columns[presence_v1::kSizeStd].name, "size_std");
  EXPECT_EQ(columns[presence_v1::kSizeMedian].name, "size_median");
  EXPECT_EQ(columns[presence_v1::kIatMean].name, "iat_mean");
  EXPECT_EQ(columns[presence_v1::kIatStd].name, "iat_std");
  EXPECT_EQ(columns[presence_v1::kIatMedian].name, "iat_median");
  EXPECT_EQ(columns[presence_v1::kInboundPackets].name, "inbound_packets");
  EXPECT_EQ(columns[presence_v1::kOutboundPackets].name, "outbound_packets");
  EXPECT_EQ(columns[presence_v1::kTotalPackets].name, "total_packets");
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

std::vector<double> Before(const PastQuantities& past, int64_t window,
                           const PastQuantities::Reach& reach) {
  std::vector<double> found;
  past.AppendBefore(window, reach, &found);
  return found;
}

TEST(PastQuantitiesTest, AreOfWindowsWithPacketsWithinReach) {
  PastQuantities past;
  const PastQuantities::Reach reach{3};
  EXPECT_THAT(Before(past, 0, reach), IsEmpty());
  for (int i = 0; i < 100; ++i) {
    const bool silent = i % 10 == 5;
    past.Keep(i, reach, std::vector<double>{silent ? 0 : i + 0.0, 7});
  }
  EXPECT_THAT(Before(past, 100, reach), ElementsAre(97, 7, 98, 7, 99, 7));
  EXPECT_THAT(Before(past, 101, reach), ElementsAre(98, 7, 99, 7));
  EXPECT_THAT(Before(past, 200, reach), IsEmpty());
}

TEST(PastQuantitiesTest, OfOverlappingWindowsThoseOfTheSamePhaseCount) {
  PastQuantities past;
  const PastQuantities::Reach reach{2, 5};
  for (int i = -20; i < 20; ++i) past.Keep(i, reach, std::vector<double>{i + 100.0});
  EXPECT_THAT(Before(past, 20, reach), ElementsAre(110, 115));
  EXPECT_THAT(Before(past, 22, reach), ElementsAre(112, 117));
}

}  // namespace
}  // namespace silhouette
