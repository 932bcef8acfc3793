#include "common/grid.h"

#include <gtest/gtest.h>

#include <limits>

namespace silhouette {
namespace {

TEST(Grid, AWindowHoldsItsStartAndNotItsEnd) {
  const Grid grid{0, 500};
  EXPECT_EQ(grid.IndexOf(0), 0);
  EXPECT_EQ(grid.IndexOf(499), 0);
  EXPECT_EQ(grid.IndexOf(500), 1);
  EXPECT_EQ(grid.StartOf(1), 500);
}

TEST(Grid, TimesBeforeTheStartHaveNegativeNumbers) {
  const Grid grid{0, 500};
  EXPECT_EQ(grid.IndexOf(-1), -1);
  EXPECT_EQ(grid.IndexOf(-500), -1);
  EXPECT_EQ(grid.IndexOf(-501), -2);
  EXPECT_EQ(grid.StartOf(-2), -1000);
}

TEST(Grid, CountsFromItsStart) {
  const Grid grid{123, 500};
  EXPECT_EQ(grid.IndexOf(122), -1);
  EXPECT_EQ(grid.IndexOf(123), 0);
  EXPECT_EQ(grid.IndexOf(623), 1);
  EXPECT_EQ(grid.EdgeBefore(622), 123);
  EXPECT_EQ(grid.EdgeBefore(623), 623);
  EXPECT_EQ(grid.EdgeBefore(122), -377);
}

TEST(Grid, EveryTimeLiesInTheWindowOfItsNumber) {
  for (int64_t start : {-7, 0, 3}) {
    const Grid grid{start, 5};
    for (int64_t time = -30; time <= 30; ++time) {
      EXPECT_LE(grid.EdgeBefore(time), time);
      EXPECT_GT(grid.StartOf(grid.IndexOf(time) + 1), time);
    }
  }
}

TEST(PlausibleTime, LeavesRoomForTheArithmeticOfWindows) {
  constexpr int64_t kLimit = (int64_t{1} << 62) - 1;
  EXPECT_TRUE(IsPlausibleTime(kLimit));
  EXPECT_TRUE(IsPlausibleTime(-kLimit));
  EXPECT_FALSE(IsPlausibleTime(kLimit + 1));
  EXPECT_FALSE(IsPlausibleTime(-kLimit - 1));
  EXPECT_FALSE(IsPlausibleTime(std::numeric_limits<int64_t>::max()));
  EXPECT_FALSE(IsPlausibleTime(std::numeric_limits<int64_t>::min()));
  const Grid grid{kLimit, 1};
  EXPECT_EQ(grid.IndexOf(-kLimit), -2 * kLimit);
}

}  // namespace
}  // namespace silhouette
