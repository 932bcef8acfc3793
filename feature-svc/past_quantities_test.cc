#include "feature-svc/past_quantities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<double> Before(PastQuantities* past, uint32_t id, int64_t window) {
  const auto found = past->Before(id, window);
  return {found.begin(), found.end()};
}

TEST(PastQuantities, AreOfTheSubjectsOwnWindowsWithinReach) {
  PastQuantities past(2, 3, 1);
  past.Grow(2);
  for (int i = 0; i < 100; ++i) {
    if (i % 10 == 5) continue;  // a window without a packet
    past.Keep(0, i, std::vector<double>{i + 0.0, i + 0.5});
  }
  EXPECT_THAT(Before(&past, 0, 100), ElementsAre(97, 97.5, 98, 98.5, 99, 99.5));
  EXPECT_THAT(Before(&past, 0, 98 + 3), ElementsAre(98, 98.5, 99, 99.5));
  EXPECT_THAT(Before(&past, 0, 200), IsEmpty());
  EXPECT_THAT(Before(&past, 1, 100), IsEmpty());
}

TEST(PastQuantities, OfOverlappingWindowsThoseOfTheSamePhaseCount) {
  PastQuantities past(1, 2, 5);
  past.Grow(1);
  for (int i = -20; i < 20; ++i) past.Keep(0, i, std::vector<double>{i + 0.0});
  EXPECT_THAT(Before(&past, 0, 20), ElementsAre(10, 15));
  EXPECT_THAT(Before(&past, 0, 22), ElementsAre(12, 17));
}

TEST(PastQuantities, GoWithTheirSubject) {
  PastQuantities past(1, 10, 1);
  past.Grow(3);
  for (uint32_t id = 0; id < 3; ++id) past.Keep(id, 1, std::vector<double>{id + 1.0});
  past.Forget(1);
  EXPECT_THAT(Before(&past, 1, 2), IsEmpty());
  constexpr uint32_t kNone = 99;
  past.Renumber(std::vector<uint32_t>{kNone, 1, 0}, kNone, 2);
  EXPECT_THAT(Before(&past, 0, 2), ElementsAre(3));
  EXPECT_THAT(Before(&past, 1, 2), IsEmpty());
  past.Grow(4);
  EXPECT_THAT(Before(&past, 3, 2), IsEmpty());
}

}  // namespace
}  // namespace silhouette
