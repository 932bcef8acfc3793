#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "common/schema.h"
#include "feature-svc/extractor.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;

struct Packet {
  int64_t time_ns;
  uint32_t wire_bytes;
  bool outbound;
};

std::array<double, 9> Extract(const std::vector<Packet>& packets, bool has_previous = false,
                              int64_t previous_ns = 0) {
  std::vector<Sample> samples;
  for (const Packet& p : packets) {
    samples.push_back({Sample::Stamp(p.time_ns, 0, p.outbound), p.wire_bytes, 0});
  }
  ExtractorScratch scratch;
  WindowInput window;
  window.samples = samples;
  window.scratch = &scratch;
  if (has_previous) window.previous_out_ns = previous_ns;
  std::array<double, 9> values;
  values.fill(-1);
  ExtractPresenceV1(window, values.data());
  return values;
}

TEST(PresenceV1, AnEmptyWindowIsAllTheSchemasEmptyValues) {
  const FeatureSchema& schema = **FindSchema("presence.v1");
  const auto values = Extract({}, true, 5);
  ASSERT_EQ(values.size(), schema.features.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], schema.features[i].empty_value) << schema.features[i].name;
  }
}

TEST(PresenceV1, OnePacketWithoutAPreviousOneHasNoInterArrival) {
  EXPECT_THAT(Extract({{1'000, 120, true}}), ElementsAre(120, 0, 120, 0, 0, 0, 0, 1, 1));
}

TEST(PresenceV1, OnePacketWithAPreviousOneHasOneInterArrival) {
  EXPECT_THAT(Extract({{2'500'000'000, 120, false}}, true, 2'000'000'000),
              ElementsAre(120, 0, 120, 0.5, 0, 0.5, 1, 0, 1));
}

TEST(PresenceV1, TwoPacketsHaveASpreadAndOneInterArrival) {
  EXPECT_THAT(Extract({{0, 100, true}, {250'000'000, 200, false}}),
              ElementsAre(150, std::sqrt(5000.0), 150, 0.25, 0, 0.25, 1, 1, 2));
}

TEST(PresenceV1, TheInterArrivalAcrossTheEdgeCountsWithTheOthers) {
  // Gaps of 0.1, 0.2 and 0.6 s: mean 0.3, variance (0.04 + 0.01 + 0.09) / 2, median 0.2.
  const auto values =
      Extract({{1'000'000'000, 60, true}, {1'200'000'000, 60, true}, {1'800'000'000, 60, true}},
              true, 900'000'000);
  EXPECT_DOUBLE_EQ(values[3], 0.3);
  EXPECT_DOUBLE_EQ(values[4], std::sqrt(0.07));
  EXPECT_DOUBLE_EQ(values[5], 0.2);
}

TEST(PresenceV1, PacketsOfOneTimeHaveAnInterArrivalOfZero) {
  EXPECT_THAT(Extract({{7, 60, true}, {7, 60, true}, {7, 60, true}}),
              ElementsAre(60, 0, 60, 0, 0, 0, 0, 3, 3));
}

TEST(Extractors, AreFoundByTheirSchemasName) {
  for (const FeatureSchema& schema : AllSchemas()) {
    EXPECT_TRUE(FindExtractor(schema.name).ok()) << schema.name;
  }
  EXPECT_TRUE(absl::IsNotFound(FindExtractor("presence.v0").status()));
}

}  // namespace
}  // namespace silhouette
