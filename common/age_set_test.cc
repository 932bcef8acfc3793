#include "common/age_set.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

using std::chrono::seconds;

TEST(AgeSet, TellsTheAgeOfTheOldestThatIsLeft) {
  const AgeSet::Clock::time_point start{seconds(100)};
  AgeSet ages;
  EXPECT_EQ(ages.OldestSeconds(start), 0);
  ages.Add(start + seconds(2));
  ages.Add(start);
  ages.Add(start);
  EXPECT_EQ(ages.OldestSeconds(start + seconds(5)), 5);
  ages.Remove(start);
  EXPECT_EQ(ages.OldestSeconds(start + seconds(5)), 5) << "there is another of that time";
  ages.Remove(start);
  EXPECT_EQ(ages.OldestSeconds(start + seconds(5)), 3);
  EXPECT_EQ(ages.size(), 1u);
}

}  // namespace
}  // namespace silhouette
