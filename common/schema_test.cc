#include "common/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Schema, AReleasedOneNeverChanges) {
  // Models carry this hash. A change of presence.v1 is presence.v2.
  EXPECT_EQ((*FindSchema("presence.v1"))->Hash(), "ed805e7a208e3f85");
  EXPECT_EQ((*FindSchema("traffic.v1"))->Hash(), "926e32753b5f5605");
  EXPECT_EQ((*FindSchema("traffic.v2"))->Hash(), "dfd1fb359a90e5ca");
}

TEST(Schema, NamesAndHashesTellSchemasAndFeaturesApart) {
  std::set<std::string> names, hashes;
  for (const FeatureSchema& schema : AllSchemas()) {
    EXPECT_TRUE(names.insert(schema.name).second) << schema.name;
    EXPECT_TRUE(hashes.insert(schema.Hash()).second) << schema.name;
    EXPECT_GT(schema.horizon_ns, 0) << schema.name;
    std::set<std::string> features;
    for (const Feature& feature : schema.features) {
      EXPECT_TRUE(features.insert(feature.name).second) << feature.name;
      EXPECT_FALSE(feature.unit.empty()) << feature.name;
    }
  }
}

TEST(Schema, AnyChangeChangesTheHash) {
  const FeatureSchema& schema = **FindSchema("presence.v1");
  const std::function<void(FeatureSchema*)> changes[] = {
      [](FeatureSchema* s) { s->name += "x"; },
      [](FeatureSchema* s) { s->horizon_ns += 1; },
      [](FeatureSchema* s) { s->features[3].name += "x"; },
      [](FeatureSchema* s) { s->features[3].unit = "ms"; },
      [](FeatureSchema* s) { s->features[3].formula += " "; },
      [](FeatureSchema* s) { s->features[3].empty_value = 1; },
      [](FeatureSchema* s) { s->features.pop_back(); },
      [](FeatureSchema* s) { std::swap(s->features[0], s->features[1]); },
      [](FeatureSchema* s) { s->features.push_back(s->features[0]); },
  };
  std::set<std::string> hashes = {schema.Hash()};
  for (const auto& change : changes) {
    FeatureSchema changed = schema;
    change(&changed);
    EXPECT_TRUE(hashes.insert(changed.Hash()).second) << hashes.size();
  }
}

TEST(Schema, AnUnknownOneIsRefusedWithTheNamesThereAre) {
  const auto schema = FindSchema("presence.v0");
  EXPECT_TRUE(absl::IsNotFound(schema.status()));
  EXPECT_THAT(std::string(schema.status().message()),
              AllOf(HasSubstr("\"presence.v0\""), HasSubstr("presence.v1")));
}

}  // namespace
}  // namespace silhouette
