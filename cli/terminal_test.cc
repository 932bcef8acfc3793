#include "cli/terminal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

namespace silhouette {
namespace {

TEST(Terminal, APipeIsNone) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Terminal terminal = DescribeTerminal(ends[1]);
  EXPECT_FALSE(terminal.is_terminal);
  EXPECT_FALSE(terminal.colors);
  EXPECT_EQ(terminal.width, 80u);
  close(ends[0]);
  close(ends[1]);
}

TEST(Terminal, PaintAndBoldDoNothingWithoutColours) {
  EXPECT_EQ(Paint(Terminal(), 1, "x"), "x");
  EXPECT_EQ(Bold(Terminal(), "x"), "x");
  const Terminal colored{true, true, 80};
  EXPECT_EQ(Paint(colored, 1, "x"), "\033[31mx\033[0m");
  EXPECT_EQ(Bold(colored, "x"), "\033[1mx\033[0m");
}

TEST(WithThousands, PutsACommaBetweenThousands) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(100'000), "100,000");
  EXPECT_EQ(WithThousands(1'234'567), "1,234,567");
  EXPECT_EQ(WithThousands(std::numeric_limits<uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(ClockTime, CountsMinutesAndFromAnHourOnHours) {
  EXPECT_EQ(ClockTime(0), "0:00.0");
  EXPECT_EQ(ClockTime(125'500'000'000), "2:05.5");
  EXPECT_EQ(ClockTime(3'599'900'000'000), "59:59.9");
  EXPECT_EQ(ClockTime(3'600'000'000'000), "1:00:00.0");
  EXPECT_EQ(ClockTime(3'725'500'000'000), "1:02:05.5");
}

TEST(ClockTime, RoundsToTenthsAwayFromZero) {
  EXPECT_EQ(ClockTime(49'999'999), "0:00.0");
  EXPECT_EQ(ClockTime(50'000'000), "0:00.1");
  EXPECT_EQ(ClockTime(59'950'000'000), "1:00.0");
  EXPECT_EQ(ClockTime(-50'000'000), "-0:00.1");
  EXPECT_EQ(ClockTime(-61'000'000'000), "-1:01.0");
}

}  // namespace
}  // namespace silhouette
