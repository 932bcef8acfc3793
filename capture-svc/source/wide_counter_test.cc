#include "capture-svc/source/wide_counter.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(WideCounter, GoesOnWhereTheReadingWrapsAround) {
  WideCounter counter;
  EXPECT_EQ(counter.Advance(0x7ffffff0u), 0x7ffffff0u);
  EXPECT_EQ(counter.Advance(0xfffffff0u), 0xfffffff0u);
  EXPECT_EQ(counter.Advance(0xfffffff0u), 0xfffffff0u);
  EXPECT_EQ(counter.Advance(0x10u), 0x100000010u);
}

TEST(WideCounter, AReadingThatGoesBackAddsNothing) {
  WideCounter counter;
  EXPECT_EQ(counter.Advance(10), 10u);
  EXPECT_EQ(counter.Advance(0), 10u);
  // Less what was counted before the first reading.
  EXPECT_EQ(counter.Advance(static_cast<uint32_t>(-5000)), 10u);
  EXPECT_EQ(counter.Advance(12), 12u);
}

}  // namespace
}  // namespace silhouette
